import { InvalidArgumentError } from "@onestep/core";
import { warn } from "@onestep/core/internal";
import type { ReadOptions, RepositoryFile } from "@onestep/hub";
import { MisnamedFileError } from "../errors.ts";
import type { CheckpointTensor } from "./checkpoint.ts";
import { readSafetensors } from "./safetensors.ts";
import type { ReadTorchFileOptions } from "./torch-file/read-torch-file.ts";

/** Options of {@link readWeightsFile}. */
export interface ReadWeightsFileOptions extends ReadOptions {
  /** The entry of a torch file to load (`"ema"`), if it holds several state dicts. */
  readonly stateDictKey?: string | undefined;
}

/**
 * Lists the arrays of a weights file and their locations. The format follows from the name; a safetensors file named `.bin`,
 * or a torch file named `.safetensors`, is read by its actual format, with a warning.
 *
 * @throws CheckpointError if it is damaged, or not a weights file: a Git LFS pointer, a web page, an archive.
 * @throws UnsafePickleError, UnsupportedError see `readTorchFile`.
 * @throws InvalidArgumentError if `stateDictKey` is given for a safetensors file, which has a single state dict.
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
 * Lists the arrays of a torch file and their locations. The file is a zip archive with a pickle, which is never executed.
 * The reader is loaded on first use, since most checkpoints are safetensors.
 *
 * @throws CheckpointError if it is damaged; UnsafePickleError if it contains more than arrays; UnsupportedError if it is of
 * an unsupported kind.
 */
export async function readTorchFile(
  file: RepositoryFile,
  options: ReadTorchFileOptions = {},
): Promise<ReadonlyMap<string, CheckpointTensor>> {
  const reader = await import("./torch-file/read-torch-file.ts");
  return reader.readTorchFile(file, options);
}

/** The strings in a torch file besides its arrays, by name. @throws What {@link readTorchFile} throws. */
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
