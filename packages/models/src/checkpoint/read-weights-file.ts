import { InvalidArgumentError } from "@onestep/core";
import { warn } from "@onestep/core/internal";
import type { ReadOptions, RepositoryFile } from "@onestep/hub";
import { MisnamedFileError } from "../errors.ts";
import type { CheckpointTensor } from "./checkpoint.ts";
import { readSafetensors } from "./safetensors.ts";
import type { ReadTorchFileOptions } from "./torch-file/read-torch-file.ts";

/** Options of {@link readWeightsFile}. */
export interface ReadWeightsFileOptions extends ReadOptions {
  /** The entry of a file of torch to take the arrays from (`"ema"`), where it holds several sets of them. */
  readonly stateDictKey?: string | undefined;
}

/**
 * Reads which arrays a weights file holds and where they lie. Its name says how; a safetensors file that is called `.bin`,
 * or a file of torch that is called `.safetensors`, is read as what it is, with a warning.
 *
 * @throws CheckpointError where it is damaged, or no file of weights: a pointer of Git LFS, a web page, an archive.
 * @throws UnsafePickleError, UnsupportedError see `readTorchFile`.
 * @throws InvalidArgumentError where `stateDictKey` is given for a safetensors file, which has one set of arrays.
 */
export async function readWeightsFile(
  file: RepositoryFile,
  options: ReadWeightsFileOptions = {},
): Promise<ReadonlyMap<string, CheckpointTensor>> {
  const format = file.path.endsWith(".safetensors") ? "safetensors" : "torch";
  try {
    return await readAs(format, file, options);
  } catch (error) {
    if (!(error instanceof MisnamedFileError) || error.format === undefined) throw error;
    const tensors = await readAs(error.format, file, options);
    warn(
      `${file.path} is ${error.format === "torch" ? "a file of torch" : "a safetensors file"}, and is read as one.`,
      "checkpoint",
    );
    return tensors;
  }
}

/**
 * Reads which arrays a file of torch holds and where they are: a zip archive with a pickle in it, of which nothing is
 * executed. The reader is loaded when the first such file is read: most checkpoints are safetensors.
 *
 * @throws CheckpointError where it is damaged; UnsafePickleError where it is more than arrays; UnsupportedError where it is
 * of a kind that is not read.
 */
export async function readTorchFile(
  file: RepositoryFile,
  options: ReadTorchFileOptions = {},
): Promise<ReadonlyMap<string, CheckpointTensor>> {
  const reader = await import("./torch-file/read-torch-file.ts");
  return reader.readTorchFile(file, options);
}

/** The texts that a file of torch holds beside its arrays, by name. @throws What {@link readTorchFile} throws. */
export async function readTorchTexts(
  file: RepositoryFile,
  options: ReadOptions = {},
): Promise<ReadonlyMap<string, string>> {
  const reader = await import("./torch-file/read-torch-file.ts");
  return reader.readTorchTexts(file, options);
}

async function readAs(
  format: "safetensors" | "torch",
  file: RepositoryFile,
  options: ReadWeightsFileOptions,
): Promise<ReadonlyMap<string, CheckpointTensor>> {
  const { stateDictKey, ...readOptions } = options;
  if (format === "torch") return readTorchFile(file, options);
  const tensors = await readSafetensors(file, readOptions);
  if (stateDictKey === undefined) return tensors;
  throw new InvalidArgumentError({
    subject: "stateDictKey",
    found: `${JSON.stringify(stateDictKey)} for ${file.path}`,
    expected: "none: a safetensors file holds one set of arrays",
    remedy: "Leave out `stateDictKey`.",
    summary: `\`stateDictKey\` is for files of torch; ${file.path} is a safetensors file, which holds one set of arrays.`,
  });
}
