import { describeValue } from "../config/describe-json.ts";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";

const lowestSeed = -(2n ** 63n);
const highestSeed = 2n ** 64n - 1n;

/** The seed that torch starts a generator with where none is given. */
export const defaultSeed = 67280421310721n;

/**
 * A seed as torch keeps it: an unsigned 64-bit integer. Negative seeds count down from 2^64.
 *
 * @throws InvalidArgumentError where the seed is not a whole number from -2^63 to 2^64 - 1, or is a `number` beyond
 *   2^53, which may not be the one that was meant.
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

/** A seed from the platform's source of randomness, below 2^53 so that a `number` can hold it. */
export function randomSeed(): bigint {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (BigInt(high & 0x1fffff) << 32n) | BigInt(low);
}
