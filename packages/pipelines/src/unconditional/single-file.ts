import type { FileLocation, OpenRepositoryOptions } from "@onestep/hub";
import { type LoadSingleFileOptions, UNet2DModel } from "@onestep/models";
import type { Scheduler } from "@onestep/schedulers";
import { type Id2Label, parseId2Label } from "../class-names.ts";
import type { PipelineParts } from "../pipeline-components.ts";
import { schedulerForFile } from "./scheduler-for-file.ts";

/** Options of `fromSingleFile`. */
export interface PipelineFromSingleFileOptions extends LoadSingleFileOptions, OpenRepositoryOptions {
  /** Needed where the file's name does not tell how the model was trained. */
  readonly scheduler?: Scheduler | undefined;
  /** Names of the model's classes by class id. */
  readonly id2label?: Id2Label | undefined;
}

/**
 * Loads an original checkpoint with the scheduler that it was trained for.
 *
 * @throws InvalidArgumentError before anything is fetched, where no scheduler is given and the name tells none.
 */
export async function loadSingleFile(
  source: FileLocation,
  options: PipelineFromSingleFileOptions,
): Promise<PipelineParts> {
  const scheduler = options.scheduler ?? schedulerForFile(source);
  const id2label = options.id2label === undefined ? undefined : parseId2Label(options.id2label, "id2label");
  return { scheduler, id2label, unet: await UNet2DModel.fromSingleFile(source, options) };
}
