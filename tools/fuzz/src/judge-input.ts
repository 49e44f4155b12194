import { OnestepError } from "@onestep/core";
import type { CheckpointTensor } from "@onestep/models";
import type { FuzzInput, FuzzTarget } from "./fuzz-target.ts";
import { guardFile } from "./guarded-file.ts";

/** The result of reading a file. Anything else is a {@link FuzzFinding}. */
export type Verdict = "loaded" | "refused";

/** A reader did something that no file may cause. */
export class FuzzFinding extends Error {
  override readonly name = "FuzzFinding";
}

const elementBytes: Readonly<Record<string, number>> = {
  ...{ float64: 8, float32: 4, float16: 2, bfloat16: 2, bool: 1 },
  ...{ int64: 8, int32: 4, int16: 2, int8: 1, uint64: 8, uint32: 4, uint16: 2, uint8: 1 },
  ...{ float8_e4m3fn: 1, float8_e5m2: 1, float8_e4m3fnuz: 1, float8_e5m2fnuz: 1, float8_e8m0fnu: 1 },
  ...{ float6_e2m3: 3 / 4, float6_e3m2: 3 / 4, float4_e2m1fn_x2: 1 / 2 },
  ...{ complex32: 4, complex64: 8, complex128: 16, qint8: 1, quint8: 1, qint32: 4 },
};

/**
 * Has a target read a file and checks the result: a typed error that says what was found, what was expected and what to
 * do, or arrays located in the file as declared.
 *
 * @throws FuzzFinding
 */
export async function judgeInput(target: FuzzTarget, input: FuzzInput): Promise<Verdict> {
  const guarded = guardFile(input.bytes);
  let tensors: ReadonlyMap<string, CheckpointTensor>;
  try {
    tensors = await target.read(guarded.file);
  } catch (error) {
    if (!OnestepError.isInstance(error)) throw new FuzzFinding("an error without a type", { cause: error });
    if (input.contents !== undefined) throw new FuzzFinding("a good file was refused", { cause: error });
    rejectReadsOutside(guarded.outside);
    return "refused";
  }
  rejectReadsOutside(guarded.outside);
  for (const [name, tensor] of tensors) checkTensor(name, tensor, input.bytes.length);
  if (!target.mayOverlap) checkOverlap(tensors);
  if (input.contents !== undefined) checkContents(tensors, input.contents, input.bytes);
  return "loaded";
}

function rejectReadsOutside(outside: { readonly start: number; readonly end: number } | undefined): void {
  if (outside !== undefined)
    throw new FuzzFinding(`a read outside the file: ${outside.start} to ${outside.end}`);
}

function checkTensor(name: string, tensor: CheckpointTensor, size: number): void {
  const { dtype, shape, offset, length } = tensor;
  const numbers = [...shape, offset, length];
  if (!numbers.every((number) => Number.isSafeInteger(number) && number >= 0)) {
    throw new FuzzFinding(`${name}: numbers that are none: ${numbers.join(", ")}`);
  }
  const width = elementBytes[dtype] ?? Number.NaN;
  const expected = shape.reduce((product, dimension) => product * dimension, width);
  if (length !== expected)
    throw new FuzzFinding(`${name}: ${length} bytes for ${dtype} [${shape.join(", ")}]`);
  const elements =
    tensor.strides === undefined
      ? expected / width
      : shape.reduce((last, count, dimension) => last + (count - 1) * (tensor.strides?.[dimension] ?? 0), 1);
  if (offset + elements * width > size)
    throw new FuzzFinding(`${name}: bytes up to ${offset + length} of ${size}`);
}

function checkOverlap(tensors: ReadonlyMap<string, CheckpointTensor>): void {
  const ranges = [...tensors.values()].filter(({ length }) => length > 0).sort((a, b) => a.offset - b.offset);
  for (const [index, { offset, length }] of ranges.entries()) {
    const next = ranges[index + 1];
    if (next !== undefined && offset + length > next.offset) throw new FuzzFinding("arrays that overlap");
  }
}

function checkContents(
  tensors: ReadonlyMap<string, CheckpointTensor>,
  contents: ReadonlyMap<string, Uint8Array>,
  bytes: Uint8Array,
): void {
  const names = [...tensors.keys()].sort().join();
  const expectedNames = [...contents.keys()].sort().join();
  if (names !== expectedNames) throw new FuzzFinding(`the arrays ${names} in place of ${expectedNames}`);
  for (const [name, expected] of contents) {
    const { offset, length } = tensors.get(name) as CheckpointTensor;
    const found = bytes.subarray(offset, offset + length);
    if (found.length !== expected.length || found.some((byte, index) => byte !== expected[index])) {
      throw new FuzzFinding(`${name}: other bytes than were written`);
    }
  }
}
