import type { Scheduler } from "@onestep/schedulers";
import { componentClassName } from "../model-index/model-index.ts";
import { type NoiseProcess, noiseProcesses, noiseProcessOf, trainingDifferences } from "./noise-process.ts";

/** What {@link describeMisfit} compares. */
export interface SchedulerInUse {
  /** The class of the pipeline. */
  readonly pipeline: string;
  /** What the models of that pipeline were trained with. */
  readonly process: NoiseProcess;
  /** The scheduler that is to sample. */
  readonly scheduler: Scheduler;
  /** The scheduler that the model came with. */
  readonly original: Scheduler;
}

/** Why a scheduler does not fit the model, as far as its config tells; `undefined` where it does. */
export function describeMisfit({
  pipeline,
  process,
  scheduler,
  original,
}: SchedulerInUse): string | undefined {
  const name = componentClassName(scheduler) ?? scheduler.constructor.name;
  const found = noiseProcessOf(scheduler);
  if (found === undefined) return undefined;
  if (found !== process) {
    return `${name} does not fit the model of this ${pipeline}: it undoes ${noiseProcesses[found]}, and the model was trained with ${noiseProcesses[process]}. What comes out will hardly be images. Take a scheduler of that kind.`;
  }
  if (isInverse(scheduler)) {
    return `${name} does not fit this ${pipeline}: it goes from images to noise, and the pipeline from noise to images. Take ${name.replace("Inverse", "")}; to invert an image, call the scheduler's \`step\` yourself.`;
  }
  const differences = trainingDifferences(process, scheduler, original);
  if (differences.length === 0) return undefined;
  const words = differences.map(({ field, has, needs }) =>
    has === undefined
      ? `no ${field}, which is ${needs} in the config of the model's scheduler`
      : `${field} ${abbreviate(has)}, where the model was trained with ${abbreviate(needs)}`,
  );
  const sentence = `${name} does not fit the model of this ${pipeline}: it has ${words.join("; ")}.`;
  const lacking = differences.find(({ has }) => has === undefined);
  if (lacking !== undefined) {
    return `${sentence} Take a scheduler that has ${lacking.field}, such as DDIMScheduler, EulerDiscreteScheduler or DPMSolverMultistepScheduler.`;
  }
  const values = differences.map(({ field, needs }) => `${field}: ${abbreviate(needs)}`);
  return `${sentence} Make it with \`${name}.fromConfig(config, { ${values.join(", ")} })\`; what a config leaves to defaults, another class has its own defaults for.`;
}

/** Whether the timesteps of a scheduler rise, with the noise. */
function isInverse({ timesteps }: Scheduler): boolean {
  return (timesteps[0] ?? 0) < (timesteps.at(-1) ?? 0);
}

function abbreviate(text: string): string {
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}
