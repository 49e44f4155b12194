import { type DrawOptions, type FloatType, type Generator, Tensor, TorchGenerator } from "@onestep/core";
import { elementCount, nextTask } from "@onestep/core/internal";

/** Chunk size, some milliseconds of work. Chunks of a multiple of 16 give the same numbers as a single draw. */
const pieceSize = 2 ** 16;

/** Smaller draws are not prepared ahead. */
const smallestSize = 2 * pieceSize;

interface Noise {
  readonly values: Tensor<"float32">;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/**
 * A generator that can draw its next normal numbers ahead, in chunks that yield to the event loop in between. They come
 * from a clone, whose state the generator adopts on request; if anything else was drawn since, they are drawn again. So
 * its numbers and their order are the same either way.
 */
class AheadGenerator implements Generator {
  readonly #generator: TorchGenerator;
  #noise: Noise | undefined;

  constructor(generator: TorchGenerator) {
    this.#generator = generator;
  }

  async prepare(shape: readonly number[]): Promise<void> {
    const before = this.#generator.getState();
    if (this.#isReady(shape, before)) return;
    const copy = this.#generator.clone();
    const values = Tensor.zeros(shape);
    let start = 0;
    for (; values.size - start >= 2 * pieceSize; start += pieceSize) {
      values.data.set(copy.randn([pieceSize]).data, start);
      await nextTask();
    }
    values.data.set(copy.randn([values.size - start]).data, start);
    this.#noise = { values, before, after: copy.getState() };
  }

  randn(shape: readonly number[]): Tensor<"float32">;
  randn<Type extends FloatType>(shape: readonly number[], options: DrawOptions<Type>): Tensor<Type>;
  randn(shape: readonly number[], options: DrawOptions = {}): Tensor<FloatType> {
    const noise = this.#noise;
    const { dtype = "float32" } = options;
    if (noise === undefined || dtype !== "float32") return this.#generator.randn(shape, options);
    if (!this.#isReady(shape, this.#generator.getState())) return this.#generator.randn(shape, options);
    this.#noise = undefined;
    this.#generator.setState(noise.after);
    return noise.values;
  }

  rand(shape: readonly number[]): Tensor<"float32">;
  rand<Type extends FloatType>(shape: readonly number[], options: DrawOptions<Type>): Tensor<Type>;
  rand(shape: readonly number[], options: DrawOptions = {}): Tensor<FloatType> {
    return this.#generator.rand(shape, options);
  }

  randint(low: number | bigint, high: number | bigint, shape: readonly number[]): Tensor<"int64"> {
    return this.#generator.randint(low, high, shape);
  }

  #isReady(shape: readonly number[], state: Uint8Array): boolean {
    const noise = this.#noise;
    if (noise?.values.shape.join() !== shape.join()) return false;
    return noise.before.every((byte, index) => byte === state[index]);
  }
}

type Generators = Generator | readonly Generator[];

/**
 * Wraps generators so that {@link prepareNoise} can draw the noise for a batch ahead. The numbers stay the same.
 * Generators with little to draw, or not implementing torch's algorithm, are returned unchanged.
 *
 * @param shape - The shape of the batch.
 */
export function withNoiseAhead(generator: Generators, shape: readonly number[]): Generators {
  if (elementCount(shape) < smallestSize) return generator;
  return isList(generator) ? generator.map(toAhead) : toAhead(generator);
}

/**
 * Draws what `randnTensor(shape, generator)` will return, yielding to the event loop in between. Has no effect if it is
 * not requested afterwards.
 */
export async function prepareNoise(generator: Generators, shape: readonly number[]): Promise<void> {
  const generators = isList(generator) ? generator : [generator];
  const [, ...itemShape] = shape;
  const each = generators.length === 1 ? shape : [1, ...itemShape];
  for (const item of generators) if (item instanceof AheadGenerator) await item.prepare(each);
}

/** Runs a task that leaves this thread idle, such as a model call, and prepares noise meanwhile. */
export async function preparingNoise<Result>(
  work: Promise<Result>,
  generator: Generators,
  shape: readonly number[],
): Promise<Result> {
  const [result] = await Promise.all([work, prepareNoise(generator, shape)]);
  return result;
}

function toAhead(generator: Generator): Generator {
  const isTorch = Object.getPrototypeOf(generator) === TorchGenerator.prototype;
  return isTorch ? new AheadGenerator(generator as TorchGenerator) : generator;
}

function isList(generator: Generators): generator is readonly Generator[] {
  return Array.isArray(generator);
}
