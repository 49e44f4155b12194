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
  edm: ["sigmaData", "predictionType"],
  "score-sde": [],
  times: [],
};

/** The process that a scheduler undoes, by its config; `undefined` for a scheduler of somebody's own that does not tell. */
export function noiseProcessOf({ config }: Scheduler): NoiseProcess | undefined {
  return tellingFields.find(([field]) => field in config)?.[1];
}

/** The fields of training in which two schedulers of one process differ. */
export function differingTrainingFields(
  process: NoiseProcess,
  current: Scheduler,
  original: Scheduler,
): readonly string[] {
  return trainingFields[process].filter((field) => {
    const isInBoth = field in current.config && field in original.config;
    return isInBoth && readField(current, field) !== readField(original, field);
  });
}

/** A field as text, so that lists compare by their elements. */
export function readField({ config }: Scheduler, field: string): string {
  return JSON.stringify(Reflect.get(config, field));
}
