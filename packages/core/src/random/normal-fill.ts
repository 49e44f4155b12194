import { cosSinFloat32, logFloat32 } from "./float32-math.ts";
import { logFloat64, type SineAndCosine, sinCosFloat64 } from "./float64-math.ts";

/** How many numbers torch transforms at a time. */
export const blockSize = 16;

const half = blockSize / 2;
const twoPi = 2 * Math.PI;
const twoPiFloat32 = Math.fround(twoPi);

/**
 * Turns uniform numbers in [0, 1) into normal ones in place (Box and Muller 1958), as torch's `normal_fill` does in
 * tensors of at least 16 elements: within a block of 16, number `i` gives the radius and number `i + 8` the angle of
 * the normals `i` and `i + 8`.
 *
 * @param values - The numbers; those in `Float32Array` are multiples of 2^-24, those in `Float64Array` of 2^-53.
 * @param start - Where the first block begins.
 * @param end - Where the last block ends.
 */
export function transformBlocks(values: Float32Array | Float64Array, start: number, end: number): void {
  if (values instanceof Float32Array) transformFloat32(values, start, end);
  else transformFloat64(values, start, end);
}

// Adding zero makes -0 a 0, as torch's multiplication by the deviation and addition of the mean do.

// In two loops, each of which is small enough for engines to make one piece of fast code of it.
function transformFloat32(values: Float32Array, start: number, end: number): void {
  for (let block = start; block < end; block += blockSize) {
    for (let index = block; index < block + half; index += 1) {
      values[index] = Math.sqrt(-2 * logFloat32(1 - (values[index] ?? 0)));
    }
  }
  const direction = new Float64Array(2);
  for (let block = start; block < end; block += blockSize) {
    for (let index = block; index < block + half; index += 1) {
      const radius = values[index] ?? 0;
      cosSinFloat32(Math.fround(twoPiFloat32 * (values[index + half] ?? 0)), direction);
      values[index] = radius * (direction[0] ?? 0) + 0;
      values[index + half] = radius * (direction[1] ?? 0) + 0;
    }
  }
}

function transformFloat64(values: Float64Array, start: number, end: number): void {
  const direction: SineAndCosine = { sine: 0, cosine: 0 };
  for (let block = start; block < end; block += blockSize) {
    for (let index = block; index < block + half; index += 1) {
      const radius = Math.sqrt(-2 * logFloat64(1 - (values[index] ?? 0)));
      sinCosFloat64(twoPi * (values[index + half] ?? 0), direction);
      values[index] = radius * direction.cosine + 0;
      values[index + half] = radius * direction.sine + 0;
    }
  }
}
