import { describeValue } from "../config/describe-value.ts";
import { InvalidArgumentError } from "../errors.ts";
import { Tensor } from "../tensor/tensor.ts";
import { allocateData, elementCount, type FloatType } from "../tensor/tensor-data.ts";
import { log1pOfNegative, type SineAndCosine, sinCosFloat64 } from "./float64-math.ts";
import type { DrawOptions, Generator } from "./generator.ts";
import { MersenneTwister } from "./mersenne-twister.ts";
import { blockSize, transformBlocks } from "./normal-fill.ts";
import { decodeTorchGeneratorState, encodeTorchGeneratorState } from "./torch-generator-state.ts";

/** From this range up, torch takes the remainder of a 64-bit number. */
const wideRange = 2n ** 28n;

/**
 * torch's CPU generator: the same seed gives the numbers of `torch.Generator("cpu").manual_seed(seed)`.
 *
 * Equal to torch 2.13 on x86-64 with AVX2: all uniform numbers and integers, and normals of float32, bit for bit.
 * Normals of float64 are equal except for two in a thousand, which differ by at most 2 units in the last place, where
 * torch depends on the machine's C library. torch without AVX2 (ARM) gives float32 normals that differ by up to 3e-6.
 *
 * One large draw and several smaller ones give different normals unless every draw is a multiple of 16 elements: torch
 * uses another method for tensors of fewer than 16 elements, and for the end of the others.
 *
 * @example
 * const generator = new TorchGenerator(0);
 * const noise = generator.randn([1, 3, 64, 64]); // torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
 */
export class TorchGenerator implements Generator {
  #initialSeed = defaultSeed;
  #twister: MersenneTwister;
  #spareNormal: number | undefined;
  #spareFloatNormal: number | undefined;

  /**
   * @param seed - An integer from -2^63 to 2^64 - 1, of which the low 32 bits are used; 67280421310721 by default.
   * @throws InvalidArgumentError if the seed is invalid.
   */
  constructor(seed: number | bigint = defaultSeed) {
    this.#initialSeed = normalizeSeed(seed);
    this.#twister = makeTwister(this.#initialSeed);
  }

  /**
   * Starts over from a seed.
   *
   * @throws InvalidArgumentError if the seed is invalid. The generator is then unchanged.
   */
  manualSeed(seed: number | bigint): this {
    this.#initialSeed = normalizeSeed(seed);
    this.#twister = makeTwister(this.#initialSeed);
    this.#spareNormal = undefined;
    this.#spareFloatNormal = undefined;
    return this;
  }

  /** Starts over from an unpredictable seed, and returns it. It is below 2^53. */
  seed(): bigint {
    return this.manualSeed(randomSeed()).initialSeed();
  }

  /** The generator's most recent seed, as an unsigned 64-bit integer. */
  initialSeed(): bigint {
    return this.#initialSeed;
  }

  /** The 5056 bytes that torch's `get_state()` returns. */
  getState(): Uint8Array {
    return encodeTorchGeneratorState({
      initialSeed: this.#initialSeed,
      words: this.#twister.words,
      position: this.#twister.position,
      spareNormal: this.#spareNormal,
      spareFloatNormal: this.#spareFloatNormal,
    });
  }

  /**
   * Restores a state, saved by this class or by torch.
   *
   * @throws InvalidArgumentError if the bytes are not a valid state. The generator is then unchanged.
   */
  setState(state: Uint8Array): this {
    const decoded = decodeTorchGeneratorState(state);
    this.#initialSeed = decoded.initialSeed;
    this.#twister = MersenneTwister.restore(decoded.words, decoded.position);
    this.#spareNormal = decoded.spareNormal;
    this.#spareFloatNormal = decoded.spareFloatNormal;
    return this;
  }

  /** An independent generator with the same state. */
  clone(): TorchGenerator {
    return new TorchGenerator().setState(this.getState());
  }

  /**
   * Normal numbers, mean 0, variance 1: `torch.randn(shape, generator=…)`.
   *
   * @throws InvalidArgumentError if the shape or element type is invalid. Nothing is drawn then.
   */
  randn(shape: readonly number[]): Tensor<"float32">;
  randn<Type extends FloatType>(shape: readonly number[], options: DrawOptions<Type>): Tensor<Type>;
  randn(shape: readonly number[], options: DrawOptions = {}): Tensor<FloatType> {
    const values = allocateFloats(shape, options.dtype);
    if (values.length < blockSize) {
      for (let index = 0; index < values.length; index += 1) values[index] = this.#nextNormal();
    } else {
      this.#fillUniform(values, 0);
      const fullEnd = values.length - (values.length % blockSize);
      transformBlocks(values, 0, fullEnd);
      if (fullEnd < values.length) {
        const start = values.length - blockSize;
        this.#fillUniform(values, start);
        transformBlocks(values, start, values.length);
      }
    }
    return wrap(values, shape);
  }

  /**
   * Uniform numbers in [0, 1): `torch.rand(shape, generator=…)`.
   *
   * @throws InvalidArgumentError if the shape or element type is invalid. Nothing is drawn then.
   */
  rand(shape: readonly number[]): Tensor<"float32">;
  rand<Type extends FloatType>(shape: readonly number[], options: DrawOptions<Type>): Tensor<Type>;
  rand(shape: readonly number[], options: DrawOptions = {}): Tensor<FloatType> {
    const values = allocateFloats(shape, options.dtype);
    this.#fillUniform(values, 0);
    return wrap(values, shape);
  }

  /**
   * Integers in [low, high): `torch.randint(low, high, shape, generator=…)`.
   *
   * @throws InvalidArgumentError if the bounds are not 64-bit integers, or `high` is not above `low`. Nothing is drawn
   *   then.
   */
  randint(low: number | bigint, high: number | bigint, shape: readonly number[]): Tensor<"int64"> {
    const lowest = requireInt64("low", low);
    const range = requireInt64("high", high) - lowest;
    if (range <= 0n) {
      throw new InvalidArgumentError({
        subject: "randint",
        found: `low ${describeValue(low)} and high ${describeValue(high)}`,
        expected: "high above low",
        remedy: "Pass the first number that must not occur as high.",
      });
    }
    const values = allocateData("int64", elementCount(shape));
    if (range < wideRange) {
      const narrow = Number(range);
      for (let index = 0; index < values.length; index += 1) {
        values[index] = BigInt(this.#twister.next() % narrow) + lowest;
      }
    } else {
      for (let index = 0; index < values.length; index += 1) {
        const upper = BigInt(this.#twister.next());
        values[index] = (((upper << 32n) | BigInt(this.#twister.next())) % range) + lowest;
      }
    }
    return new Tensor("int64", values, shape);
  }

  #fillUniform(values: Float32Array | Float64Array, start: number): void {
    if (values instanceof Float32Array) this.#twister.fill(values, start);
    else for (let index = start; index < values.length; index += 1) values[index] = this.#nextDouble();
  }

  /** A multiple of 2^-53 in [0, 1). */
  #nextDouble(): number {
    const upper = this.#twister.next() & 0x1fffff;
    return (upper * 2 ** 32 + this.#twister.next()) / 2 ** 53;
  }

  /** One normal of a pair (Box and Muller 1958); the other is kept for the next call. */
  #nextNormal(): number {
    const spare = this.#spareNormal;
    if (spare !== undefined) {
      this.#spareNormal = undefined;
      return spare;
    }
    const direction: SineAndCosine = { sine: 0, cosine: 0 };
    sinCosFloat64(2 * Math.PI * this.#nextDouble(), direction);
    const radius = Math.sqrt(-2 * log1pOfNegative(this.#nextDouble()));
    this.#spareNormal = radius * direction.sine;
    return radius * direction.cosine + 0;
  }
}

function makeTwister(seed: bigint): MersenneTwister {
  return new MersenneTwister(Number(BigInt.asUintN(32, seed)));
}

function allocateFloats(shape: readonly number[], dtype: FloatType = "float32"): Float32Array | Float64Array {
  if (dtype !== "float32" && dtype !== "float64") {
    throw new InvalidArgumentError({
      subject: "dtype",
      found: describeValue(dtype),
      expected: "float32 or float64",
      remedy: "Draw float32 and convert.",
    });
  }
  return allocateData(dtype, elementCount(shape));
}

function wrap(values: Float32Array | Float64Array, shape: readonly number[]): Tensor<FloatType> {
  return values instanceof Float32Array
    ? new Tensor("float32", values, shape)
    : new Tensor("float64", values, shape);
}

function requireInt64(name: string, value: number | bigint): bigint {
  const isWhole = typeof value === "bigint" || Number.isSafeInteger(value);
  if (!isWhole || BigInt.asIntN(64, BigInt(value)) !== BigInt(value)) {
    throw new InvalidArgumentError({
      subject: `randint: ${name}`,
      found: describeValue(value),
      expected: "a whole number from -2^63 to 2^63 - 1",
      remedy: "Pass a safe integer, or a bigint beyond 2^53.",
    });
  }
  return BigInt(value);
}

const lowestSeed = -(2n ** 63n);
const highestSeed = 2n ** 64n - 1n;

/** torch's default seed. */
export const defaultSeed = 67280421310721n;

/**
 * A seed as stored by torch: an unsigned 64-bit integer. Negative seeds count down from 2^64.
 *
 * @throws InvalidArgumentError if the seed is not a whole number from -2^63 to 2^64 - 1, or is a `number` beyond 2^53,
 *   which may have been rounded.
 */
export function normalizeSeed(seed: number | bigint): bigint {
  const isWhole = typeof seed === "bigint" || Number.isSafeInteger(seed);
  if (!isWhole || seed < lowestSeed || seed > highestSeed) {
    throw new InvalidArgumentError({
      subject: "seed",
      found: describeValue(seed),
      expected: "a whole number from -2^63 to 2^64 - 1",
      remedy: "Pass a safe integer, or a bigint beyond 2^53.",
    });
  }
  return BigInt.asUintN(64, BigInt(seed));
}

/** A random seed from the platform, below 2^53 so that it fits a `number`. */
export function randomSeed(): bigint {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (BigInt(high & 0x1fffff) << 32n) | BigInt(low);
}
