import { saveFiles } from "@onestep/core/internal/files";
import type { OptionNames } from "@onestep/core/internal/known-options";
import { openRepository, type ReadOptions, type RepositoryFile } from "@onestep/hub";
import type { Checkpoint } from "./checkpoint.ts";
import {
  listModelFiles,
  type ModelFilesOptions,
  modelFilesOptionNames,
  type SavableModel,
} from "./list-model-files.ts";
import { openCheckpoint } from "./open-checkpoint.ts";
import { readPieces } from "./read-pieces.ts";
import { isWeightsFileName, weightsIndexName } from "./weights-file-names.ts";

/** Options of `savePretrained` of a model. */
export interface SaveModelOptions extends ModelFilesOptions, Pick<ReadOptions, "signal"> {}

/** The names of {@link SaveModelOptions}. */
export const saveOptionNames: OptionNames<SaveModelOptions> = { ...modelFilesOptionNames, signal: true };

/**
 * Writes a model into a folder, in chunks: all files under temporary names, then each is renamed. Files of an earlier save
 * of the same variant (the whole file, shards, an index) are removed, so that nobody loads them by mistake.
 *
 * @returns The checkpoint to use from now on: the given one or, if its files were in that folder and have been replaced, the
 * written one.
 * @throws FileWriteError if the folder cannot be written; existing files are left unchanged.
 * @throws InvalidArgumentError if an option is invalid.
 */
export async function saveModel(
  model: SavableModel,
  directory: string | URL,
  options: SaveModelOptions = {},
): Promise<Checkpoint> {
  const { signal, variant } = options;
  const files = listModelFiles(model, options);
  await saveFiles(
    directory,
    files.map((file) => ({ name: file.path, content: readPieces(file, { signal }) })),
    {
      signal,
      index: weightsIndexName(variant, model.names),
      isObsolete: (name) => isWeightsFileName(name, variant, model.names),
    },
  );
  const written = await openCheckpoint(await openRepository(directory, { environment: {} }), {
    variant,
    names: model.names,
  });
  const folders = new Set(written.files.map(folderOf));
  return model.checkpoint.files.some((file) => folders.has(folderOf(file))) ? written : model.checkpoint;
}

/** The folder of a file on disk, with links resolved; `undefined` for any other file. */
function folderOf({ localPath }: RepositoryFile): string | undefined {
  return localPath?.replace(/[^/\\]*$/, "");
}
