import { randnTensor, type Tensor } from "@onestep/core";
import {
  refuseIndex,
  requireOneOption,
  requireSamples,
  requireSequence,
  requireTimestepCount,
  type SequenceRule,
} from "../checks.ts";
import { type EDMConfig, EDMSchema, edmFields } from "../config/edm.ts";
import type { ConfigFieldsOf, ConfigOptions } from "../config/schema.ts";
import { EDMSchedulerBase } from "../edm.ts";
import * as float32 from "../float32.ts";
import { type ChurnOptions, chooseGamma } from "../noise.ts";
import type { DenoisedSampleOutput, Scheduler, StepOptions } from "../scheduler.ts";
import { appendSigma, exponentialSigmas, karrasSigmas, unitRamp } from "../sigmas.ts";

const noiseLevelRule: SequenceRule = {
  expected: "noise levels above 0, strictly descending",
  accepts: (value, previous = Number.POSITIVE_INFINITY) => value > 0 && value < previous,
};

const rampRule: SequenceRule = {
  expected: "positions from 0 to 1, strictly ascending",
  accepts: (value, previous = -1) => value >= 0 && value <= 1 && value > previous,
};

/** The configuration of an `EDMEulerScheduler`. */
export interface EDMEulerSchedulerConfig extends EDMConfig {}

/** Options of the `EDMEulerScheduler` constructor. */
export type EDMEulerSchedulerOptions = ConfigOptions<EDMEulerSchedulerConfig>;

/** Options of {@link EDMEulerScheduler.setTimesteps}: exactly one of the first three. */
export interface EDMEulerSetTimestepsOptions {
  /** Number of steps, 1 to 1,000,000. */
  readonly numInferenceSteps?: number | undefined;
  /** The noise levels of the run, each above 0, descending. The final level is appended automatically. */
  readonly sigmas?: readonly number[] | undefined;
  /**
   * Positions on the schedule, ascending, from 0 (`sigmaMax`) to 1 (`sigmaMin`); this is how diffusers interprets its
   * `sigmas`. An exponential schedule uses only their number, as in diffusers.
   */
  readonly ramp?: readonly number[] | undefined;
  /** Not accepted: this scheduler has no numbered timesteps. */
  readonly timesteps?: undefined;
}

/** Options of {@link EDMEulerScheduler.step}. */
export interface EDMEulerStepOptions extends StepOptions, ChurnOptions {
  /** The prediction of the clean sample, if already known. */
  readonly predOriginalSample?: Tensor<"float32"> | undefined;
}

/** The result of {@link EDMEulerScheduler.step}. */
export type EDMEulerSchedulerOutput = DenoisedSampleOutput;

/**
 * Euler steps along the probability flow ODE of EDM: algorithm 2 of Karras et al. 2022, "Elucidating the Design Space
 * of Diffusion-Based Generative Models" (arXiv:2206.00364), without its second-order correction.
 *
 * Produces the same numbers as diffusers' `schedulers/scheduling_edm_euler.py` on torch's CPU. Two things are not in
 * diffusers: `timestepScale`, without which UNets of the consistency model family get timesteps a thousand times too
 * small, and `sigmas` as actual noise levels.
 *
 * @example
 * pipe.scheduler = EDMEulerScheduler.fromConfig(pipe.scheduler.config);
 * const { images } = await pipe.generate({ numInferenceSteps: 18, seed: 0 });
 */
export class EDMEulerScheduler extends EDMSchedulerBase<EDMEulerSchedulerConfig> implements Scheduler {
  /** Fields and defaults of diffusers' `schedulers/scheduling_edm_euler.py`, and `timestepScale`. */
  static override readonly schema: EDMSchema<ConfigFieldsOf<EDMEulerSchedulerConfig>> = new EDMSchema(
    "EDMEulerScheduler",
    edmFields(),
  );

  constructor(options: EDMEulerSchedulerOptions = {}) {
    super(options);
    this.#begin(this.#sigmasAt(unitRamp(this.length + 1)));
  }

  /** `√(σ_max² + 1)`: the standard deviation of the initial noise. */
  override get initNoiseSigma(): number {
    return Math.sqrt(this.config.sigmaMax * this.config.sigmaMax + 1);
  }

  /**
   * Starts a new run of `numInferenceSteps` (1 to 1,000,000) noise levels, or of the given levels.
   *
   * @throws InvalidArgumentError if not exactly one option is given, or it is invalid; the current run is kept.
   */
  override setTimesteps(options: EDMEulerSetTimestepsOptions): void {
    this.#begin(this.#chooseSigmas(options), options.numInferenceSteps);
  }

  /**
   * Takes one step: adds noise up to `σ̂ = σ · (1 + γ)` if there is churn, then follows the slope `(x − D(x, σ̂)) / σ̂`
   * to the next level, where D is {@link preconditionOutputs}. Draws noise only if γ > 0.
   *
   * @param modelOutput - float32, the shape of `sample`.
   * @param timestep - The value from `timesteps` passed to the model. Only the first step of a run looks it up.
   * @param sample - x: the input of {@link scaleModelInput}, not its output.
   * @throws InvalidArgumentError if the shapes differ, `timestep` is an index, the first `timestep` is not in the run,
   * the run is over, or an option is out of range.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options: EDMEulerStepOptions = {},
  ): EDMEulerSchedulerOutput {
    const { predOriginalSample: known } = options;
    requireSamples(`${this.className}.step`, {
      modelOutput,
      sample,
      ...(known === undefined ? {} : { predOriginalSample: known }),
    });
    refuseIndex(this.className, timestep, this.timesteps);
    const index = this.run.enter(timestep);
    this.reminder.remind();

    const sigma = this.run.sigmaAt(index);
    const gamma = chooseGamma(`${this.className}.step`, sigma, this.timesteps.length, options);
    const sigmaHat = float32.mul(sigma, Math.fround(gamma + 1));
    let noisySample = sample;
    if (gamma > 0) {
      const noise = randnTensor(modelOutput.shape, options.generator);
      const eps = noise.mul(options.sNoise ?? 1);
      const variance = float32.sub(float32.square(sigmaHat), float32.square(sigma));
      noisySample = sample.add(eps.mul(float32.sqrt(variance)));
    }
    // 1. Compute the predicted original sample (x_0).
    const predOriginalSample = known ?? this.preconditionOutputs(noisySample, modelOutput, sigmaHat);
    // 2. Convert it to an ODE derivative.
    const derivative = noisySample.sub(predOriginalSample).div(sigmaHat);
    const dt = float32.sub(this.run.sigmaAt(index + 1), sigmaHat);
    const prevSample = noisySample.add(derivative.mul(dt));
    this.run.advance(index);
    return { prevSample, predOriginalSample };
  }

  #begin(sigmas: Float32Array, numInferenceSteps?: number | undefined): void {
    const lastSigma = this.config.finalSigmasType === "zero" ? 0 : (sigmas.at(-1) ?? 0);
    this.beginRun(appendSigma(sigmas, lastSigma), numInferenceSteps);
  }

  #chooseSigmas(options: EDMEulerSetTimestepsOptions): Float32Array {
    requireOneOption(`${this.className}.setTimesteps`, options, ["numInferenceSteps", "sigmas", "ramp"]);
    const { numInferenceSteps, sigmas, ramp } = options;
    if (sigmas !== undefined) {
      return Float32Array.from(
        requireSequence(`${this.className}.setTimesteps: sigmas`, sigmas, noiseLevelRule),
      );
    }
    if (ramp !== undefined) {
      return this.#sigmasAt(requireSequence(`${this.className}.setTimesteps: ramp`, ramp, rampRule));
    }
    return this.#sigmasAt(
      unitRamp(requireTimestepCount(`${this.className}.setTimesteps`, numInferenceSteps)),
    );
  }

  #sigmasAt(ramp: Float64Array): Float32Array {
    return this.config.sigmaSchedule === "karras"
      ? Float32Array.from(karrasSigmas(ramp, this.config))
      : exponentialSigmas(ramp.length, this.config);
  }
}
