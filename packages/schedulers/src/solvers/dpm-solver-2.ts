import { enumField, type Tensor } from "@onestep/core";
import { type BetaConfig, betaFields, commonBetaSchedules, requireBetaCount } from "../betas.ts";
import { refuseHalfStep } from "../checks.ts";
import type { ConfigFieldsOf } from "../config/schema.ts";
import * as float32 from "../float32.ts";
import { predictOriginalAtSigma } from "../predictions.ts";
import type { DenoisedSampleOutput } from "../scheduler.ts";
import {
  appendSigma,
  diffusionSchedule,
  repeatEach,
  requireOneConversion,
  type SigmaConversionConfig,
  sigmaConversionFields,
  sigmaToTimestep,
} from "../sigmas.ts";
import { roundHalfEven, type SpacingConfig, spacingFields } from "../timesteps.ts";

// Shared by `KDPM2DiscreteScheduler` and `KDPM2AncestralDiscreteScheduler`.

/** The configuration of both schedulers. */
export interface DPMSolver2Config
  extends BetaConfig<"linear" | "scaled_linear" | "squaredcos_cap_v2">,
    SigmaConversionConfig,
    SpacingConfig {
  /** What the model predicts; `"epsilon"` by default. */
  readonly predictionType: "epsilon" | "v_prediction";
}

/** The fields of {@link DPMSolver2Config}. */
export function dpmSolver2Fields(): ConfigFieldsOf<DPMSolver2Config> {
  return {
    ...betaFields(commonBetaSchedules, "linear", [0.00085, 0.012]),
    ...sigmaConversionFields(),
    predictionType: enumField(["epsilon", "v_prediction"], "epsilon"),
    ...spacingFields("linspace"),
  };
}

/**
 * Checks the rules that involve several fields of {@link DPMSolver2Config}.
 *
 * @param subject - The scheduler or the file, for error messages.
 * @throws InvalidConfigError if the fields contradict each other.
 */
export function requireDPMSolver2Config(subject: string, config: DPMSolver2Config): void {
  requireBetaCount(subject, config);
  requireOneConversion(subject, config);
}

/** The noise levels of a step, float32 numbers. */
export interface DPMSolver2Levels {
  /** The level at which the step begins. */
  readonly sigma: number;
  /** The level at the midpoint, where the model is evaluated again; 0 in the last step, which has no second half. */
  readonly sigmaInterpol: number;
  /** The level reached along the slope at the midpoint. */
  readonly sigmaDown: number;
  /** The level of the noise added after that. */
  readonly sigmaUp: number;
}

/** The steps of a run, with its timesteps and noise levels. Each level except the first and the last occurs twice. */
export interface DPMSolver2Schedule {
  readonly steps: readonly DPMSolver2Levels[];
  readonly timesteps: readonly number[];
  readonly sigmas: readonly number[];
}

/**
 * Creates the steps of a run.
 *
 * @param spaced - The timesteps, spaced by `timestepSpacing`.
 * @param trainSigmas - The training noise levels.
 * @param levelsOf - Returns the levels of the step from one noise level to the next.
 */
export function dpmSolver2Schedule(
  spaced: Float64Array,
  trainSigmas: Float32Array,
  config: DPMSolver2Config,
  levelsOf: (sigma: number, sigmaNext: number) => DPMSolver2Levels,
): DPMSolver2Schedule {
  const { timesteps: converted, sigmas } = diffusionSchedule(spaced, trainSigmas, config);
  const timesteps = config.useKarrasSigmas ? converted.map(roundHalfEven) : converted;
  const logSigmas = trainSigmas.map(Math.log);
  const levels = appendSigma(sigmas, 0);
  const steps = Array.from(timesteps, (_, index) =>
    levelsOf(levels[index] ?? Number.NaN, levels[index + 1] ?? Number.NaN),
  );
  const interleaved = steps.flatMap(({ sigmaInterpol }, index) => [
    Number(timesteps[index]),
    sigmaToTimestep(sigmaInterpol, logSigmas, Math.fround),
  ]);
  return {
    steps,
    // The last step has no midpoint.
    timesteps: interleaved.slice(0, -1),
    sigmas: [...repeatEach(levels, 2).slice(1), 0],
  };
}

/** The steps of a run and, while the second half of a step is pending, the sample at its start. */
export class DPMSolver2State {
  readonly #className: string;
  readonly #steps: readonly DPMSolver2Levels[];
  /** The sample at the start of the step. */
  readonly sample: Tensor<"float32"> | undefined;

  constructor(className: string, steps: readonly DPMSolver2Levels[], sample?: Tensor<"float32"> | undefined) {
    this.#className = className;
    this.#steps = steps;
    this.sample = sample;
  }

  /** Whether the next step is the first half of a step, or the last step of a run. */
  get isFirstOrder(): boolean {
    return this.sample === undefined;
  }

  /**
   * The levels of the step at an index of the run: first halves are at even indices, each followed by its second half.
   *
   * @throws InvalidArgumentError if the run would begin in the middle of a step.
   */
  levelsAt(index: number, timestep: number | undefined): DPMSolver2Levels {
    const first = this.isFirstOrder ? index : index - 1;
    const step = first % 2 === 0 ? this.#steps[first / 2] : undefined;
    if (step === undefined) refuseHalfStep(this.#className, timestep);
    return step;
  }

  /** The state after half a step from `sample`. */
  next(sample: Tensor<"float32">): DPMSolver2State {
    const start = this.isFirstOrder ? sample : undefined;
    return new DPMSolver2State(this.#className, this.#steps, start);
  }

  /**
   * Half a step, without noise: either from the start to the midpoint along the slope at the start, or from the start
   * to the end along the slope at the midpoint.
   */
  halfStep(
    predictionType: DPMSolver2Config["predictionType"],
    modelOutput: Tensor<"float32">,
    sample: Tensor<"float32">,
    { sigma, sigmaInterpol, sigmaDown }: DPMSolver2Levels,
  ): DenoisedSampleOutput {
    const sigmaInput = this.isFirstOrder ? sigma : sigmaInterpol;
    const predOriginalSample = predictOriginalAtSigma(predictionType, sample, modelOutput, sigmaInput);
    const derivative = sample.sub(predOriginalSample).div(sigmaInput);
    const dt = float32.sub(this.isFirstOrder ? sigmaInterpol : sigmaDown, sigma);
    return { prevSample: (this.sample ?? sample).add(derivative.mul(dt)), predOriginalSample };
  }
}
