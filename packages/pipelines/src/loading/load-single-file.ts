import type { FileLocation, OpenRepositoryOptions } from "@onestep/hub";
import { type LoadSingleFileOptions, UNet2DModel } from "@onestep/models";
import type { Scheduler } from "@onestep/schedulers";
import type { PipelineComponents } from "../pipeline-components.ts";
import { schedulerForFile } from "./scheduler-for-file.ts";

/** Options of `fromSingleFile`. */
export interface PipelineFromSingleFileOptions extends LoadSingleFileOptions, OpenRepositoryOptions {
  /** Needed where the file's name does not tell how the model was trained. */
  readonly scheduler?: Scheduler | undefined;
}

/**
 * Loads an original checkpoint with the scheduler that it was trained for.
 *
 * @throws InvalidArgumentError before anything is fetched, where no scheduler is given and the name tells none.
 */
export async function loadSingleFile(
  source: FileLocation,
  options: PipelineFromSingleFileOptions,
): Promise<PipelineComponents> {
  const scheduler = options.scheduler ?? schedulerForFile(source);
  return { scheduler, unet: await UNet2DModel.fromSingleFile(source, options) };
}
