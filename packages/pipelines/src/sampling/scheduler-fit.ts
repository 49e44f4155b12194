import { PythonFloat } from "@onestep/core";
import { readConfigRecord, warn } from "@onestep/core/internal";
import { type NoiseProcess, noiseProcesses, type Scheduler } from "@onestep/schedulers";
import { componentClassName, hasStandIn, requireScheduler } from "../component/component.ts";

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

/** Describes why a scheduler does not fit the model; `undefined` if it fits, or does not say what it is for. */
export function describeMisfit({
  pipeline,
  process,
  scheduler,
  original,
}: SchedulerInUse): string | undefined {
  const name = componentClassName(scheduler) ?? scheduler.constructor.name;
  const { noiseProcess } = scheduler;
  if (noiseProcess === undefined) return undefined;
  if (noiseProcess !== process) {
    return `${name} does not fit the model of this ${pipeline}: it undoes ${noiseProcesses[noiseProcess].description}, and the model was trained with ${noiseProcesses[process].description}. The output will be noise. Use a scheduler of that kind.`;
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

/** A class of schedulers that can be made with the config of another. */
export interface ConvertibleSchedulerClass<Converted extends Scheduler> {
  fromConfig(config: object): Converted;
}

/**
 * The parts of a pipeline with their scheduler made one of a class, as the constructors of some pipelines do in diffusers.
 * Warns where the scheduler that is there does not fit models of that pipeline: after the conversion nothing would tell.
 */
export function convertScheduler<Parts extends { readonly scheduler: Scheduler }>(
  parts: Parts,
  schedulerClass: ConvertibleSchedulerClass<Scheduler>,
  pipeline: string,
): Parts {
  const scheduler: unknown = parts?.scheduler;
  requireScheduler(scheduler);
  const misfit = describeMisfit({ pipeline, process: "betas", scheduler, original: scheduler });
  if (misfit !== undefined && !hasStandIn(parts)) warn(misfit, "scheduler");
  return { ...parts, scheduler: schedulerClass.fromConfig(scheduler.config) };
}

/** What consistency models and the EDM models that they are distilled from are given: `1000 · 0.25 · ln σ`. */
const consistencyTimestepScale = 1000;

/** A field of training that a scheduler has otherwise than the model needs it, each as JSON. */
interface TrainingDifference {
  readonly field: string;
  /** `undefined` where the class of the scheduler has no such field. */
  readonly has: string | undefined;
  readonly needs: string;
}

/**
 * The fields of training in which a scheduler differs from the one that the model came with. Both may be the same object:
 * a scheduler passed to the constructor. A timestep scale of 1, the default of schedulers for EDM models, does not count as
 * the model's: no pipeline of this library has models that were trained with it.
 */
function trainingDifferences(
  process: NoiseProcess,
  current: Scheduler,
  original: Scheduler,
): readonly TrainingDifference[] {
  const isOfProcess = original.noiseProcess === process;
  const differences = noiseProcesses[process].trainingFields.flatMap((field) => {
    const has = readField(current, field);
    const given = isOfProcess ? readField(original, field) : undefined;
    const isDefault = field === "timestepScale" && (given === undefined || given === "1");
    const needs = isDefault ? String(consistencyTimestepScale) : given;
    return has === undefined || needs === undefined || has === needs ? [] : [{ field, has, needs }];
  });
  return process === "betas" && isOfProcess
    ? [...differences, ...zeroSnrDifference(current, original)]
    : differences;
}

/**
 * Noise alone at the last timestep of training, which half of the schedulers cannot begin with: their classes have no such
 * field, and keep what a file says of it for saving.
 */
function zeroSnrDifference(current: Scheduler, original: Scheduler): TrainingDifference[] {
  const field = "rescaleBetasZeroSnr";
  const has = readField(current, field);
  const needs =
    readField(original, field) ?? (isTrueInFile(original, "rescale_betas_zero_snr") ? "true" : undefined);
  if (needs === undefined || (has ?? "false") === needs) return [];
  return [{ field, has, needs }];
}

/** Whether an entry that the class does not know is true, in the words of Python. */
function isTrueInFile({ config }: Scheduler, name: string): boolean {
  const entry = readConfigRecord(config)?.entries.get(name);
  return entry === true || entry === 1 || (entry instanceof PythonFloat && entry.value === 1);
}

/** A field as JSON, so that lists compare by their elements; `undefined` if the scheduler does not have it. */
function readField({ config }: Scheduler, field: string): string | undefined {
  return JSON.stringify(Reflect.get(config, field));
}

/** Whether the timesteps of a scheduler rise, with the noise. */
function isInverse({ timesteps }: Scheduler): boolean {
  return (timesteps[0] ?? 0) < (timesteps.at(-1) ?? 0);
}

function abbreviate(text: string): string {
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}
