import { PythonFloat, readConfigRecord } from "@onestep/core";
import type { Scheduler } from "@onestep/schedulers";

/**
 * How noise was mixed into the images that a model was trained on.
 *
 * - `"betas"`: `√ᾱ · image + √(1 − ᾱ) · noise`, ᾱ from a schedule of betas over whole timesteps (DDPM).
 * - `"edm"`: `image + σ · noise`, the model preconditioned as in EDM and told c_noise(σ); consistency models too.
 * - `"score-sde"`: `image + σ · noise`, the model told σ and predicting a score.
 * - `"times"`: `α · image + β · noise`, the model told a time from 1 to 0 and predicting a velocity (v-diffusion).
 */
export type NoiseProcess = "betas" | "edm" | "score-sde" | "times";

/** What each process is, for messages. */
export const noiseProcesses: Readonly<Record<NoiseProcess, string>> = {
  betas: "a schedule of betas (DDPM and its relatives)",
  edm: "noise levels σ with the preconditioning of EDM (consistency and EDM models)",
  "score-sde": "noise levels σ of a variance-exploding SDE (score models)",
  times: "times from 1 to 0, and predictions of velocities (v-diffusion)",
};

/** A field that all schedulers of a process have, and none of the processes below it. */
const tellingFields: readonly (readonly [field: string, process: NoiseProcess])[] = [
  ["betaSchedule", "betas"],
  ["sigmaData", "edm"],
  ["samplingEps", "score-sde"],
  // IPNDMScheduler alone has these and no schedule.
  ["trainedBetas", "times"],
];

/** What may not differ from the scheduler that a model came with, besides the process. */
const trainingFields: Readonly<Record<NoiseProcess, readonly string[]>> = {
  betas: ["numTrainTimesteps", "betaSchedule", "betaStart", "betaEnd", "trainedBetas", "predictionType"],
  edm: ["sigmaData", "predictionType", "timestepScale"],
  "score-sde": [],
  times: [],
};

/** The process that a scheduler undoes, by its config; `undefined` for a scheduler of somebody's own that does not tell. */
export function noiseProcessOf({ config }: Scheduler): NoiseProcess | undefined {
  return tellingFields.find(([field]) => field in config)?.[1];
}

/** What consistency models and the EDM models that they are distilled from are told: `1000 · 0.25 · ln σ`. */
const consistencyTimestepScale = 1000;

/** A field of training that a scheduler says otherwise than the model needs it, each as JSON. */
export interface TrainingDifference {
  readonly field: string;
  /** `undefined` where the class of the scheduler has no such field. */
  readonly has: string | undefined;
  readonly needs: string;
}

/**
 * The fields of training in which a scheduler of a process differs from the one that the model came with. That one may
 * be the same: it was given with the model then, and tells nothing that is not set. A timestep scale of 1, which a
 * scheduler of EDM models has by default, is not one that models were trained with which this library has pipelines for.
 */
export function trainingDifferences(
  process: NoiseProcess,
  current: Scheduler,
  original: Scheduler,
): readonly TrainingDifference[] {
  const isOfProcess = noiseProcessOf(original) === process;
  const differences = trainingFields[process].flatMap((field) => {
    const has = readField(current, field);
    const told = isOfProcess ? readField(original, field) : undefined;
    const isUntold = field === "timestepScale" && (told === undefined || told === "1");
    const needs = isUntold ? String(consistencyTimestepScale) : told;
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

/** A field as JSON, so that lists compare by their elements; `undefined` where the scheduler has none of that name. */
function readField({ config }: Scheduler, field: string): string | undefined {
  return JSON.stringify(Reflect.get(config, field));
}
