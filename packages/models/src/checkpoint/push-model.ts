import { readConfigRecord } from "@onestep/core/internal";
import { type OptionNames, requireKnownOptions } from "@onestep/core/internal/known-options";
import { type PushComponentOptions, pushComponent, pushOptionNames, type UploadReport } from "@onestep/hub";
import {
  listModelFiles,
  type ModelFilesOptions,
  modelFilesOptionNames,
  type SavableModel,
} from "./list-model-files.ts";
import { isWeightsFileName } from "./weights-file-names.ts";

/** Options of `pushToHub` of a model. */
export interface PushModelOptions extends ModelFilesOptions, PushComponentOptions {}

const optionNames: OptionNames<PushModelOptions> = {
  ...modelFilesOptionNames,
  ...pushOptionNames,
  subfolder: true,
};

/**
 * Uploads a model, directly from its source files. The same commit removes files of an earlier upload of the same variant
 * (the whole file, shards, an index), so that nobody loads them by mistake.
 *
 * @throws What `uploadFiles` throws; InvalidArgumentError if an option is unknown or invalid.
 */
export async function pushModel(
  model: SavableModel,
  repositoryId: string,
  options: PushModelOptions,
): Promise<UploadReport> {
  const className = readConfigRecord(model.config)?.className ?? "Model";
  requireKnownOptions(`${className}.pushToHub`, options, optionNames);
  const files = listModelFiles(model, options);
  const isObsolete = (path: string): boolean => isWeightsFileName(path, options.variant, model.names);
  return pushComponent(repositoryId, { className, files, isObsolete }, options);
}
