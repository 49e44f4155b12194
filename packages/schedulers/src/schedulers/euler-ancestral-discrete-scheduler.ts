import { enumField, randnTensor, type Tensor } from "@onestep/core";
import { type BetaConfig, betaFields, requireBetaCount } from "../betas.ts";
import { refuseIndex, requireOneOption, requireSamples } from "../checks.ts";
import { karrasDiffusionSchedulers } from "../config/compatibles.ts";
import { truthField } from "../config/fields.ts";
import { type ConfigFieldsOf, type ConfigOptions, SchedulerSchema } from "../config/schema.ts";
import * as float32 from "../float32.ts";
import { SigmaSchedulerBase } from "../k-diffusion.ts";
import { ancestralLevels } from "../noise.ts";
import type { NoiseProcess } from "../noise-process.ts";
import { predictOriginalAtSigma } from "../predictions.ts";
import { allTimesteps } from "../schedule-run.ts";
import type { Scheduler, SetTimestepsOptions, StepOptions } from "../scheduler.ts";
import { appendSigma, interpolateSigmas } from "../sigmas.ts";
import { type SpacingConfig, spacingFields } from "../timesteps.ts";

const className = "EulerAncestralDiscreteScheduler";

/** The configuration of an `EulerAncestralDiscreteScheduler`. */
export interface EulerAncestralDiscreteSchedulerConfig
  extends BetaConfig<"linear" | "scaled_linear" | "squaredcos_cap_v2">,
    SpacingConfig {
  /** What the model predicts; `"epsilon"` by default. */
  readonly predictionType: "epsilon" | "v_prediction";
  /** Whether the betas are rescaled so that nothing of the signal is left at the last timestep; false by default. */
  readonly rescaleBetasZeroSnr: boolean;
}

/** What the constructor of an `EulerAncestralDiscreteScheduler` takes. */
export type EulerAncestralDiscreteSchedulerOptions = ConfigOptions<EulerAncestralDiscreteSchedulerConfig>;

/** What {@link EulerAncestralDiscreteScheduler.step} returns. */
export interface EulerAncestralDiscreteSchedulerOutput {
  /** The sample for the next step, float32, same shape as the sample that went in. */
  readonly prevSample: Tensor<"float32">;
  /** The prediction of the clean sample. */
  readonly predOriginalSample: Tensor<"float32">;
}

/**
 * Ancestral sampling with Euler steps: each step goes below the next noise level along the probability flow and comes
 * up to it with fresh noise. From k-diffusion's `sample_euler_ancestral`.
 *
 * Numbers equal those of diffusers' `schedulers/scheduling_euler_ancestral_discrete.py` on torch's CPU.
 */
export class EulerAncestralDiscreteScheduler
  extends SigmaSchedulerBase<EulerAncestralDiscreteSchedulerConfig>
  implements Scheduler
{
  /** The name of the class in diffusers' files. */
  static readonly className: string = className;

  /** The noise process that it undoes. */
  readonly noiseProcess: NoiseProcess = "betas";

  /** The names of the classes that its config can be given to. */
  static readonly compatibles: readonly string[] = karrasDiffusionSchedulers;

  /** Fields and defaults of diffusers' `schedulers/scheduling_euler_ancestral_discrete.py`. */
  static readonly schema: SchedulerSchema<ConfigFieldsOf<EulerAncestralDiscreteSchedulerConfig>> =
    new SchedulerSchema(
      className,
      {
        ...betaFields(["linear", "scaled_linear", "squaredcos_cap_v2"], "linear"),
        predictionType: enumField(["epsilon", "v_prediction"], "epsilon"),
        ...spacingFields("linspace"),
        rescaleBetasZeroSnr: truthField(false),
      },
      requireBetaCount,
    );

  /**
   * @param options - Fields of the config; those left out have their defaults.
   * @throws InvalidArgumentError where an option is unknown or out of range.
   * @throws InvalidConfigError where options contradict each other.
   */
  constructor(options: EulerAncestralDiscreteSchedulerOptions = {}) {
    super(className, EulerAncestralDiscreteScheduler.schema.fromConfig(options));
    this.beginRun(allTimesteps(this.length), appendSigma(this.trainSigmas.toReversed(), 0));
  }

  /**
   * Begins a new run, of `numInferenceSteps` timesteps spread by `timestepSpacing`.
   *
   * @throws InvalidArgumentError where that is not the one option, or is out of range; the run is then as it was.
   */
  setTimesteps(options: SetTimestepsOptions): void {
    requireOneOption(`${className}.setTimesteps`, options, ["numInferenceSteps"]);
    const timesteps = this.spacedTimesteps(options.numInferenceSteps);
    const sigmas = interpolateSigmas(timesteps, this.trainSigmas);
    this.beginRun(timesteps, appendSigma(sigmas, 0), timesteps.length);
  }

  /**
   * Takes one step: down along the slope `(sample − predOriginalSample) / σ`, then up with noise. Noise is drawn in
   * every step, also in the last, which adds none of it.
   *
   * @param modelOutput - float32, the shape of `sample`.
   * @param timestep - The value of `timesteps` that the model was given. Only the first of a run is looked up.
   * @param sample - What went into {@link scaleModelInput}, not what came out.
   * @throws InvalidArgumentError where the shapes differ, `timestep` is an index, or the run is to begin at a timestep
   * that it does not have, or is over.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options: StepOptions = {},
  ): EulerAncestralDiscreteSchedulerOutput {
    requireSamples(`${className}.step`, { modelOutput, sample });
    refuseIndex(className, timestep, this.timesteps);
    const index = this.run.enter(timestep);
    this.reminder.remind();

    const sigma = this.run.sigmaAt(index);
    const { predictionType } = this.config;
    const predOriginalSample = predictOriginalAtSigma(predictionType, sample, modelOutput, sigma);
    const { sigmaUp, sigmaDown } = ancestralLevels(sigma, this.run.sigmaAt(index + 1));
    const derivative = sample.sub(predOriginalSample).div(sigma);
    const noise = randnTensor(modelOutput.shape, options.generator);
    const prevSample = sample.add(derivative.mul(float32.sub(sigmaDown, sigma))).add(noise.mul(sigmaUp));
    this.run.advance();
    return { prevSample, predOriginalSample };
  }

  clone(): EulerAncestralDiscreteScheduler {
    return new EulerAncestralDiscreteScheduler(this.config);
  }
}
