/**
 * How noise was mixed into a model's training images. Determines which schedulers can sample the model.
 *
 * - `"betas"`: `√ᾱ · image + √(1 − ᾱ) · noise`, ᾱ from a schedule of betas over whole timesteps (DDPM).
 * - `"edm"`: `image + σ · noise`, the model preconditioned as in EDM and given c_noise(σ); consistency models too.
 * - `"score-sde"`: `image + σ · noise`, the model given σ and predicting a score.
 * - `"flow"`: `(1 − σ) · image + σ · noise`, σ from 1 to 0, the model predicting the velocity (flow matching).
 * - `"times"`: `α · image + β · noise`, the model given a time from 1 to 0 and predicting a velocity (v-diffusion).
 */
export type NoiseProcess = "betas" | "edm" | "score-sde" | "flow" | "times";

/** The properties of a {@link NoiseProcess}. */
export interface NoiseProcessDescription {
  /** A description for messages. */
  readonly description: string;
  /** The fields of a scheduler's config that have to match those used in training. */
  readonly trainingFields: readonly string[];
}

/** Every noise process. */
export const noiseProcesses: Readonly<Record<NoiseProcess, NoiseProcessDescription>> = Object.freeze({
  betas: {
    description: "a schedule of betas (DDPM and its relatives)",
    trainingFields: [
      "numTrainTimesteps",
      "betaSchedule",
      "betaStart",
      "betaEnd",
      "trainedBetas",
      "predictionType",
    ],
  },
  edm: {
    description: "noise levels σ with the preconditioning of EDM (consistency and EDM models)",
    trainingFields: ["sigmaData", "predictionType", "timestepScale"],
  },
  "score-sde": {
    description: "noise levels σ of a variance-exploding SDE (score models)",
    trainingFields: [],
  },
  flow: {
    description: "noise levels from 1 to 0, and predictions of velocities (flow matching)",
    trainingFields: ["numTrainTimesteps", "invertSigmas"],
  },
  times: {
    description: "times from 1 to 0, and predictions of velocities (v-diffusion)",
    trainingFields: [],
  },
});
