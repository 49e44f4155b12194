import { PythonFloat } from "@onestep/core";
import { readConfigRecord, warn } from "@onestep/core/internal";
import { type NoiseProcess, noiseProcesses, type Scheduler } from "@onestep/schedulers";
import { componentClassName, hasStandIn, requireScheduler } from "../component/component.ts";

/** The input of {@link describeMisfit}. */
export interface SchedulerInUse {
  /** The class of the pipeline. */
  readonly pipeline: string;
  /** The noise process the pipeline's models were trained with. */
  readonly process: NoiseProcess;
  /** The scheduler to sample with. */
  readonly scheduler: Scheduler;
  /** The model's original scheduler. */
  readonly original: Scheduler;
}

/** Describes why a scheduler does not match the model; `undefined` if it does, or if that is unknown. */
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

/** A scheduler class that can be created from another scheduler's config. */
export interface ConvertibleSchedulerClass<Converted extends Scheduler> {
  fromConfig(config: object): Converted;
}

/**
 * Converts the scheduler in a pipeline's parts to a class, as some of diffusers' pipeline constructors do. Warns if the
 * given scheduler does not match the pipeline's models: the conversion would hide it.
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

/** The timestep scale of consistency models and their EDM teachers, which take `1000 · 0.25 · ln σ`. */
const consistencyTimestepScale = 1000;

/** A training field whose value in the scheduler differs from what the model needs, each as JSON. */
interface TrainingDifference {
  readonly field: string;
  /** `undefined` if the scheduler's class has no such field. */
  readonly has: string | undefined;
  readonly needs: string;
}

/**
 * The training fields in which a scheduler differs from the model's original one. Both may be the same object, if passed
 * to the constructor. A timestep scale of 1, the default of EDM schedulers, is ignored as the model's value: no pipeline
 * of this library has models trained with it.
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
 * Pure noise at the last training timestep, which half of the schedulers cannot start from: their classes have no such
 * field, and only keep a file's value for saving.
 */
function zeroSnrDifference(current: Scheduler, original: Scheduler): TrainingDifference[] {
  const field = "rescaleBetasZeroSnr";
  const has = readField(current, field);
  const needs =
    readField(original, field) ?? (isTrueInFile(original, "rescale_betas_zero_snr") ? "true" : undefined);
  if (needs === undefined || (has ?? "false") === needs) return [];
  return [{ field, has, needs }];
}

/** Whether an entry unknown to the class is truthy in Python. */
function isTrueInFile({ config }: Scheduler, name: string): boolean {
  const entry = readConfigRecord(config)?.entries.get(name);
  return entry === true || entry === 1 || (entry instanceof PythonFloat && entry.value === 1);
}

/** A field as JSON, so that lists compare by their elements; `undefined` if the scheduler does not have it. */
function readField({ config }: Scheduler, field: string): string | undefined {
  return JSON.stringify(Reflect.get(config, field));
}

/** Whether a scheduler's timesteps increase with the noise. */
function isInverse({ timesteps }: Scheduler): boolean {
  return (timesteps[0] ?? 0) < (timesteps.at(-1) ?? 0);
}

function abbreviate(text: string): string {
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}
