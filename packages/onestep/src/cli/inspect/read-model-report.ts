import { findPipelineClass, findUnetClass, openPipelineSource, readId2Label } from "@onestep/pipelines";
import { shippedModel } from "../generate/generation-report.ts";
import { isSingleFile } from "../is-single-file.ts";
import type { RepositorySettings } from "../repository-settings.ts";
import { refuseSingleFileSettings } from "../single-file-options.ts";
import type { ModelReport } from "./model-report.ts";
import { readSchedulerReport } from "./read-scheduler-report.ts";
import { readSingleFileReport } from "./read-single-file-report.ts";
import { readUnetReport } from "./read-unet-report.ts";
import { recommendedSchedulers } from "./recommended-schedulers.ts";
import { recommendedTimesteps } from "./recommended-timesteps.ts";
import { tryRuns } from "./try-runs.ts";

/**
 * Finds out what a model is made of, from configurations and headers. Of a model that is not on this machine, no
 * weights are fetched.
 *
 * @param source - A Hub id, a folder, a URL or an original checkpoint in one file; without it, the model that ships.
 */
export async function readModelReport(
  source: string | undefined,
  settings: RepositorySettings,
): Promise<ModelReport> {
  if (source !== undefined && (await isSingleFile(source))) return readSingleFileReport(source, settings);
  refuseSingleFileSettings(settings);
  const opened = await openPipelineSource(source, settings);
  const { repository, modelIndex } = opened;
  const { className } = modelIndex;
  const components = new Map([...modelIndex.components].map(([name, entry]) => [name, entry.className]));
  const model = source ?? shippedModel;
  const schedulerClass = components.get("scheduler");
  const scheduler =
    schedulerClass === undefined ? null : await readSchedulerReport(repository, schedulerClass, settings);
  const unetClass = components.get("unet");
  const { unet, unsupported, config } =
    unetClass === undefined
      ? { unet: null, unsupported: "it has no unet", config: null }
      : await readUnetReport(repository, await findUnetClass(repository, unetClass, settings), settings);
  const pipelineClass = findPipelineClass(className);
  const candidates = { timesteps: recommendedTimesteps(model), schedulers: recommendedSchedulers(className) };
  const runs =
    pipelineClass === undefined || config === null || unsupported !== null
      ? {
          timesteps: [],
          schedulers: [],
          defaultSteps: pipelineClass?.defaultInferenceSteps ?? null,
          unsupported: null,
        }
      : await tryRuns(opened, pipelineClass, config, candidates, settings);
  return {
    model,
    commit: repository.commit ?? null,
    className,
    components: Object.fromEntries(components),
    scheduler,
    unet,
    id2label: readId2Label(opened) ?? null,
    defaultSteps: runs.defaultSteps,
    recommendedTimesteps: runs.timesteps,
    recommendedSchedulers: runs.schedulers,
    unsupported:
      pipelineClass === undefined ? `a ${className} is not built here` : (unsupported ?? runs.unsupported),
  };
}
