import { cosSinFloat32, logFloat32 } from "./float32-math.ts";
import { logFloat64, type SineAndCosine, sinCosFloat64 } from "./float64-math.ts";

/** Number of values torch transforms at a time. */
export const blockSize = 16;

const half = blockSize / 2;
const twoPi = 2 * Math.PI;
const twoPiFloat32 = Math.fround(twoPi);

/**
 * Turns uniform numbers in [0, 1) into normal ones in place (Box and Muller 1958), like torch's `normal_fill` for
 * tensors of at least 16 elements: within a block of 16, number `i` gives the radius and number `i + 8` the angle of
 * the normals `i` and `i + 8`.
 *
 * @param values - The numbers; those in `Float32Array` are multiples of 2^-24, those in `Float64Array` of 2^-53.
 * @param start - Start of the first block.
 * @param end - End of the last block.
 */
export function transformBlocks(values: Float32Array | Float64Array, start: number, end: number): void {
  if (values instanceof Float32Array) transformFloat32(values, start, end);
  else transformFloat64(values, start, end);
}

// Adding zero turns -0 into 0, as does torch's scaling by the deviation and adding the mean.

// Two loops, each small enough for engines to optimise well.
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
