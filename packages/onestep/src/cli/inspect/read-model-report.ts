import { InvalidArgumentError, OnestepError, PythonFloat, type PythonJson } from "@onestep/core";
import { isJsonObject } from "@onestep/core/internal";
import { parsePythonJson } from "@onestep/core/internal/files";
import { openFile, type Repository } from "@onestep/hub";
import { openSingleFile, type UNet2DModelConfig } from "@onestep/models";
import {
  type ClassConditionalGenerateOptions,
  findComponentFolder,
  findPipelineClass,
  findUnetClass,
  loadSchedulerOf,
  openPipelineSource,
  type PipelineClass,
  type PipelineSource,
  readId2Label,
  rehearse,
} from "@onestep/pipelines";
import { findSchedulerClass, type Scheduler } from "@onestep/schedulers";
import {
  type RepositorySettings,
  refuseSingleFileSettings,
  shippedModel,
} from "../arguments/repository-options.ts";
import { openingSettings } from "../images/model-files.ts";
import { isPromptModel } from "../images/prompt-images.ts";
import { checkSingleFile, isSingleFile } from "../images/single-file.ts";
import type { ModelReport, RecommendedScheduler, SchedulerReport } from "./model-report.ts";
import { readComponentReports } from "./read-component-reports.ts";
import { countParameters, describeUnet, readUnetReport } from "./read-unet-report.ts";

/**
 * Inspects a model from its configs and headers. The weights of remote models are not fetched.
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
  if (isPromptModel(opened)) return readPromptReport(opened, source ?? shippedModel, settings);
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

/** The report of a text-to-image model. */
async function readPromptReport(
  source: PipelineSource,
  model: string,
  settings: RepositorySettings,
): Promise<ModelReport> {
  const { repository, modelIndex } = source;
  const schedulerClass = modelIndex.components.get("scheduler")?.className;
  const { models, memory, imageSize, defaultSteps, unsupported } = await readComponentReports(
    source,
    settings,
  );
  return {
    model,
    commit: repository.commit ?? null,
    className: modelIndex.className,
    components: Object.fromEntries(models.map((component) => [component.name, component.className])),
    scheduler:
      schedulerClass === undefined ? null : await readSchedulerReport(repository, schedulerClass, settings),
    unet: null,
    ...{ models, imageSize, memory },
    id2label: null,
    defaultSteps,
    recommendedTimesteps: [],
    recommendedSchedulers: [],
    unsupported,
  };
}

/**
 * Inspects a single-file original checkpoint from its header.
 *
 * @throws InvalidArgumentError if it is not on this machine, since it would have to be fetched.
 */
async function readSingleFileReport(model: string, settings: RepositorySettings): Promise<ModelReport> {
  if (/^https?:/i.test(model)) {
    throw new InvalidArgumentError({
      subject: model,
      found: "a file on a server, which would be fetched as a whole",
      expected: "a file on this machine",
      remedy: "Fetch it first, and inspect the copy.",
    });
  }
  await checkSingleFile(model);
  const file = await openFile(model, openingSettings(settings));
  const { config, checkpoint } = await openSingleFile(file, settings);
  const weights = {
    files: [{ path: file.path, size: file.size }],
    isLocal: true,
    tensors: checkpoint.tensors.size,
    dtypes: [...new Set([...checkpoint.tensors.values()].map(({ dtype }) => dtype))].sort(),
  };
  return {
    model,
    commit: null,
    className: "ConsistencyModelPipeline",
    components: { unet: "UNet2DModel" },
    scheduler: null,
    unet: describeUnet(config, countParameters(config), weights),
    id2label: null,
    defaultSteps: 1,
    recommendedTimesteps: [],
    recommendedSchedulers: [],
    unsupported: null,
  };
}

/**
 * Reads the sampling properties of a scheduler of any class.
 *
 * @param className - The component's class in `model_index.json`.
 */
async function readSchedulerReport(
  repository: Repository,
  className: string,
  { signal, onProgress }: RepositorySettings,
): Promise<SchedulerReport> {
  const configName = "scheduler_config.json";
  const folder = await findComponentFolder(repository, "scheduler", configName, { signal, onProgress });
  const path = folder === "" ? configName : `${folder}/${configName}`;
  const file = await repository.get(path, { signal, onProgress });
  const document = parsePythonJson(await file.text({ signal }), `${file.path} of ${repository.name}`);
  const fields = isJsonObject(document) ? document : {};
  const betaSchedule = fields["beta_schedule"];
  return {
    className,
    numTrainTimesteps: toNumber(fields["num_train_timesteps"]),
    sigmaMin: toNumber(fields["sigma_min"]),
    sigmaMax: toNumber(fields["sigma_max"]),
    betaSchedule: typeof betaSchedule === "string" ? betaSchedule : null,
    betaStart: toNumber(fields["beta_start"]),
    betaEnd: toNumber(fields["beta_end"]),
  };
}

function toNumber(json: PythonJson | undefined): number | null {
  if (json instanceof PythonFloat) return json.value;
  return typeof json === "number" ? json : null;
}

/**
 * From the cards and launch scripts of the models (openai/consistency_models, `scripts/launch.sh`: `--ts 0,22,39` is
 * `[22, 0]` here). Two distilled cat models come without a recommendation.
 */
const timestepsByName: Readonly<Record<string, readonly (readonly number[])[]>> = {
  cd_imagenet64_l2: [[22, 0]],
  cd_imagenet64_lpips: [[22, 0]],
  ct_imagenet64: [[106, 0]],
  cd_bedroom256_l2: [[18, 0]],
  cd_bedroom256_lpips: [[17, 0]],
  ct_bedroom256: [[67, 0]],
  ct_cat256: [[62, 0]],
  emoji32: [[32, 0]],
};

/** A model's timesteps for multistep sampling, as chosen by its authors; none if unknown. */
export function recommendedTimesteps(model: string): readonly (readonly number[])[] {
  const [, name = ""] = /([^/\\]+)[/\\]?$/.exec(model) ?? [];
  const key = name.replace(/^diffusers-/, "");
  return Object.hasOwn(timestepsByName, key) ? (timestepsByName[key] ?? []) : [];
}

/** 50 steps: what diffusers' `DDIMPipeline` takes by default, on the models of `DDPMPipeline` (arXiv:2010.02502, table 1). */
const schedulersByPipeline: Readonly<Record<string, readonly RecommendedScheduler[]>> = {
  DDPMPipeline: [{ className: "DDIMScheduler", steps: 50 }],
};

/** Schedulers that need far fewer steps than a pipeline's own. */
function recommendedSchedulers(pipeline: string): readonly RecommendedScheduler[] {
  return Object.hasOwn(schedulersByPipeline, pipeline) ? (schedulersByPipeline[pipeline] ?? []) : [];
}

/** The ways a model can be run. */
interface Candidates {
  readonly timesteps: readonly (readonly number[])[];
  readonly schedulers: readonly RecommendedScheduler[];
}

/** The ones accepted by `generate`. */
interface Runs extends Candidates {
  /** Default number of steps; `null` if its scheduler does not accept it. */
  readonly defaultSteps: number | null;
  /** Why it cannot be run with its own scheduler; `null` if it can. */
  readonly unsupported: string | null;
}

/** Tests `generate` on a model's configs: without options, and with each candidate recommendation. */
async function tryRuns(
  source: PipelineSource,
  pipelineClass: PipelineClass,
  config: UNet2DModelConfig,
  { timesteps, schedulers }: Candidates,
  settings: RepositorySettings,
): Promise<Runs> {
  const { signal } = settings;
  const run = async (
    own: Scheduler,
    options: ClassConditionalGenerateOptions<"image">,
    chosen?: Scheduler,
  ): Promise<void> =>
    rehearse(config, async (unet) => {
      const pipe = new pipelineClass({ unet, scheduler: own });
      if (chosen !== undefined) pipe.scheduler = chosen;
      return pipe.generate({ ...options, seed: 0, signal });
    });
  const own = await attempt(() => loadSchedulerOf(source, { signal }));
  const plain = own instanceof Error ? own : await attempt(() => run(own, {}).then(() => undefined));
  const isDefaultRefused =
    InvalidArgumentError.isInstance(plain) && plain.problem?.subject.endsWith("numInferenceSteps") === true;

  const goodTimesteps: (readonly number[])[] = [];
  for (const each of timesteps) {
    if (own instanceof Error) continue;
    if ((await attempt(() => run(own, { timesteps: each }))) === undefined) goodTimesteps.push(each);
  }
  const goodSchedulers: RecommendedScheduler[] = [];
  for (const each of schedulers) {
    const failure = await attempt(async () => {
      const schedulerClass = findSchedulerClass(each.className);
      if (schedulerClass === undefined) throw new InvalidArgumentError(`no ${each.className}`);
      const chosen =
        own instanceof Error
          ? await schedulerClass.fromPretrained(source.repository, { signal })
          : schedulerClass.fromConfig(own.config);
      await run(own instanceof Error ? chosen : own, { numInferenceSteps: each.steps }, chosen);
    });
    if (failure === undefined) goodSchedulers.push(each);
  }
  const { defaultInferenceSteps } = pipelineClass;
  return {
    timesteps: goodTimesteps,
    schedulers: goodSchedulers,
    defaultSteps:
      own instanceof Error
        ? defaultInferenceSteps
        : isDefaultRefused
          ? null
          : Math.min(defaultInferenceSteps, own.length),
    unsupported: plain === undefined || isDefaultRefused ? null : plain.message,
  };
}

/** Its result, or the package error that it throws. */
async function attempt<Result>(work: () => Promise<Result>): Promise<Result | OnestepError> {
  try {
    return await work();
  } catch (error) {
    if (OnestepError.isInstance(error)) return error;
    throw error;
  }
}
