import { warn } from "@onestep/core";
import type { Scheduler } from "@onestep/schedulers";
import type { PipelineComponents } from "../pipeline-components.ts";
import { isStandIn } from "../rehearse.ts";
import { describeMisfit } from "./describe-misfit.ts";

/** A class of schedulers that can be made with the config of another. */
export interface ConvertibleSchedulerClass<Converted extends Scheduler> {
  fromConfig(config: object): Converted;
}

/**
 * The components with their scheduler made one of a class, as the constructors of some pipelines do in diffusers. Warns
 * where the scheduler that is there does not fit models of that pipeline: after the conversion nothing would tell.
 */
export function convertScheduler<Converted extends Scheduler>(
  { unet, scheduler }: PipelineComponents,
  schedulerClass: ConvertibleSchedulerClass<Converted>,
  pipeline: string,
): PipelineComponents {
  const misfit = describeMisfit({ pipeline, process: "betas", scheduler, original: scheduler });
  if (misfit !== undefined && !isStandIn(unet)) warn(misfit);
  return { unet, scheduler: schedulerClass.fromConfig(scheduler.config) };
}
