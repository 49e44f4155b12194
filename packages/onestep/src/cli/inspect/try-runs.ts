import { InvalidArgumentError, OnestepError } from "@onestep/core";
import type { UNet2DModelConfig } from "@onestep/models";
import {
  type ClassConditionalGenerateOptions,
  loadSchedulerOf,
  type PipelineClass,
  type PipelineSource,
  rehearse,
} from "@onestep/pipelines";
import { findSchedulerClass, type Scheduler } from "@onestep/schedulers";
import type { RepositorySettings } from "../repository-settings.ts";
import type { RecommendedScheduler } from "./model-report.ts";

/** What a model may be run with. */
export interface Candidates {
  readonly timesteps: readonly (readonly number[])[];
  readonly schedulers: readonly RecommendedScheduler[];
}

/** What of it `generate` will take. */
export interface Runs extends Candidates {
  /** How many steps it takes by default; `null` where its scheduler does not take the default. */
  readonly defaultSteps: number | null;
  /** Why it cannot be run with its own scheduler; `null` where it can. */
  readonly unsupported: string | null;
}

/** Tries what `generate` will say to a model, by its configs: without options, and with what may be recommended. */
export async function tryRuns(
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

/** What it gives, or the error of a package that it throws. */
async function attempt<Result>(work: () => Promise<Result>): Promise<Result | OnestepError> {
  try {
    return await work();
  } catch (error) {
    if (OnestepError.isInstance(error)) return error;
    throw error;
  }
}
