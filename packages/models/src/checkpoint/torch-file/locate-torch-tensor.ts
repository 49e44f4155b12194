import { numberFormats } from "@onestep/graph";
import type { RepositoryFile } from "@onestep/hub";
import { CheckpointError } from "../../errors.ts";
import type { CheckpointTensor } from "../checkpoint.ts";
import type { ZipEntry } from "../zip/zip-entry.ts";
import type { TorchTensor } from "./torch-tensor.ts";

/** The part of a zip file to search for a tensor's storage. */
export interface TorchArchive {
  readonly file: RepositoryFile;
  /** The root folder in the zip file. */
  readonly root: string;
  readonly entries: ReadonlyMap<string, ZipEntry>;
}

/**
 * Finds the bytes of a tensor. Checks that its storage exists with the size given in the pickle, and that the tensor lies
 * within it.
 *
 * @returns The tensor; with strides if it is not contiguous (a transposed or expanded tensor).
 * @throws CheckpointError if they are missing.
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

/** Whether the strides are contiguous (row-major). */
function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let dimension = shape.length - 1; dimension >= 0; dimension -= 1) {
    const size = shape[dimension] as number;
    // The stride of a dimension of 1 is never used, and torch writes arbitrary values.
    if (size !== 1 && strides[dimension] !== expected) return false;
    expected *= size;
  }
  return true;
}

/** The number of storage elements from the first to the last, inclusive. */
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
