import { InvalidArgumentError, UnsupportedError } from "@onestep/core";
import type { DType } from "@onestep/graph";
import type { ReadOptions } from "@onestep/hub";
import type { CheckpointTensor } from "./checkpoint.ts";

/** Maximum elements to read into memory: only small arrays, such as embeddings of a few tokens. */
const maximumElements = 4_194_304;

const readers: Readonly<
  Partial<Record<DType, readonly [bytes: number, read: (view: DataView, offset: number) => number]>>
> = {
  float32: [4, (view, offset) => view.getFloat32(offset, true)],
  float64: [8, (view, offset) => view.getFloat64(offset, true)],
  float16: [2, (view, offset) => halfToNumber(view.getUint16(offset, true))],
  bfloat16: [2, (view, offset) => bfloatToNumber(view.getUint16(offset, true))],
  int8: [1, (view, offset) => view.getInt8(offset)],
  uint8: [1, (view, offset) => view.getUint8(offset)],
  int16: [2, (view, offset) => view.getInt16(offset, true)],
  int32: [4, (view, offset) => view.getInt32(offset, true)],
  int64: [8, (view, offset) => Number(view.getBigInt64(offset, true))],
};

/**
 * Reads a small array of a checkpoint into memory, row-major, from any number format.
 *
 * @throws InvalidArgumentError if it is not small; UnsupportedError if its element type is unsupported, or it is not contiguous.
 */
export async function readTensor(tensor: CheckpointTensor, options: ReadOptions = {}): Promise<Float64Array> {
  const count = tensor.shape.reduce((product, length) => product * length, 1);
  if (count > maximumElements) {
    throw new InvalidArgumentError({
      subject: tensor.file.path,
      found: `an array of [${tensor.shape.join(", ")}]`,
      expected: `at most ${maximumElements} numbers`,
      remedy: "Check that it is the file that you mean.",
    });
  }
  const reader = readers[tensor.dtype];
  if (reader === undefined || tensor.strides !== undefined) {
    throw new UnsupportedError({
      subject: tensor.file.path,
      found: `an array of ${tensor.dtype}${tensor.strides === undefined ? "" : " whose elements are not in a row"}`,
      expected: "numbers in a row",
      remedy: "Save the file again with safetensors.",
    });
  }
  const [bytesEach, read] = reader;
  const bytes = await tensor.file.read(tensor.offset, tensor.offset + count * bytesEach, options);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float64Array.from({ length: count }, (_, index) => read(view, index * bytesEach));
}

function halfToNumber(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function bfloatToNumber(bits: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, bits << 16);
  return view.getFloat32(0);
}
