import * as pipelines from "@onestep/pipelines";
import { shippedModel } from "../generate/generation-report.ts";
import type { RepositorySettings } from "../repository-settings.ts";
import type { ModelReport } from "./model-report.ts";
import { readSchedulerReport } from "./read-scheduler-report.ts";
import { readUnetReport } from "./read-unet-report.ts";
import { recommendedTimesteps } from "./recommended-timesteps.ts";

/**
 * Finds out what a model is made of, from configurations and headers. Of a model that is not on this machine, no
 * weights are fetched.
 *
 * @param source - A Hub id, a folder or a URL; without it, the model that ships.
 */
export async function readModelReport(
  source: string | undefined,
  settings: RepositorySettings,
): Promise<ModelReport> {
  const { repository, modelIndex } = await pipelines.openPipelineSource(source, settings);
  const { className, components } = modelIndex;
  const model = source ?? shippedModel;
  const schedulerClass = components.get("scheduler");
  const scheduler =
    schedulerClass === undefined ? null : await readSchedulerReport(repository, schedulerClass, settings);
  const unetClass = components.get("unet");
  const { unet, unsupported } =
    unetClass === undefined
      ? { unet: null, unsupported: "it has no unet" }
      : await readUnetReport(repository, unetClass, settings);
  return {
    model,
    commit: repository.commit ?? null,
    className,
    components: Object.fromEntries(components),
    scheduler,
    unet,
    recommendedTimesteps: recommendedTimesteps(model),
    unsupported: isPipeline(className) ? unsupported : `a ${className} is not built here`,
  };
}

/** Whether there is a pipeline of this class here. */
function isPipeline(className: string): boolean {
  return Object.hasOwn(pipelines, className) && className.endsWith("Pipeline");
}
