import type { UNet2DModel } from "@onestep/models";
import type { Scheduler } from "@onestep/schedulers";

/** The parts of a pipeline. */
export interface PipelineComponents {
  readonly unet: UNet2DModel;
  readonly scheduler: Scheduler;
}
