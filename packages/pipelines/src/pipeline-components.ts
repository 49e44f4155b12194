import type { UNet2DModel } from "@onestep/models";
import type { Scheduler } from "@onestep/schedulers";
import type { Id2Label } from "./class-names.ts";

/** The parts of a pipeline. */
export interface PipelineComponents {
  readonly unet: UNet2DModel;
  readonly scheduler: Scheduler;
}

/** What a pipeline's constructor takes. */
export interface PipelineParts extends PipelineComponents {
  /** Names of the model's classes, in place of those of the model index. */
  readonly id2label?: Id2Label | undefined;
}
