import { numberFormats } from "@onestep/graph";
import type { RepositoryFile } from "@onestep/hub";
import { CheckpointError } from "../../errors.ts";
import type { CheckpointTensor } from "../checkpoint.ts";
import type { ZipEntry } from "../zip/zip-entry.ts";
import type { TorchTensor } from "./torch-tensor.ts";

/** The part of a zip file that a tensor's storage is looked for in. */
export interface TorchArchive {
  readonly file: RepositoryFile;
  /** The one folder that everything in the zip file is in. */
  readonly root: string;
  readonly entries: ReadonlyMap<string, ZipEntry>;
}

/**
 * Finds the bytes of a tensor: checks that its storage is there and of the size that the pickle says, that the tensor
 * lies inside of it.
 *
 * @returns The tensor; with its strides where its elements are not in a row (a transposed or expanded tensor).
 * @throws CheckpointError where they are not there.
 */
export function locateTorchTensor(
  { file, root, entries }: TorchArchive,
  name: string,
  tensor: TorchTensor,
): CheckpointTensor {
  const subject = `${file.path}: ${JSON.stringify(name)}`;
  const { storage, shape, strides } = tensor;
  const { dtype } = storage;
  const width = numberFormats[dtype].bytes;
  const entry = entries.get(`${root}/data/${storage.key}`);
  if (entry === undefined) {
    throw damaged(subject, `no entry ${JSON.stringify(`data/${storage.key}`)}`, "the array's storage there");
  }
  if (entry.length !== storage.size * width) {
    throw damaged(
      subject,
      `${entry.length} bytes in ${JSON.stringify(`data/${storage.key}`)}`,
      `${storage.size * width} for ${storage.size} elements of ${dtype}`,
    );
  }
  const length = shape.reduce((product, dimension) => product * dimension, width);
  if (!Number.isSafeInteger(length)) {
    throw damaged(subject, `shape [${shape.join(", ")}]`, "a number of elements that a file can hold");
  }
  const isInRow = length === 0 || isRowMajor(shape, strides);
  const start = tensor.offset * width;
  const end = start + (isInRow ? length : spanOf(shape, strides) * width);
  if (end > entry.length) {
    throw damaged(
      subject,
      `bytes ${start} to ${end} of its storage`,
      `at most ${entry.length}, the size of the storage`,
    );
  }
  const offset = entry.offset + start;
  return { dtype, shape, file, offset, length, ...(isInRow ? {} : { strides }) };
}

/** Whether the last dimension is in a row, the one before it in rows of the last, and so on. */
function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let dimension = shape.length - 1; dimension >= 0; dimension -= 1) {
    const size = shape[dimension] as number;
    // No step is ever made in a dimension of 1, and torch writes there what it likes.
    if (size !== 1 && strides[dimension] !== expected) return false;
    expected *= size;
  }
  return true;
}

/** How many elements of the storage lie between the first and the last, both included. */
function spanOf(shape: readonly number[], strides: readonly number[]): number {
  return shape.reduce((last, size, dimension) => last + (size - 1) * (strides[dimension] as number), 1);
}

function damaged(subject: string, found: string, expected: string): CheckpointError {
  return new CheckpointError({
    subject,
    found,
    expected,
    remedy: "The file is damaged or incomplete: fetch it again, or save it again with torch.save.",
  });
}
