import { enumField, randnTensor, type Tensor } from "@onestep/core";
import { type BetaConfig, betaFields, commonBetaSchedules, requireBetaCount } from "../betas.ts";
import { refuseIndex, requireOneOption, requireSamples } from "../checks.ts";
import { truthField } from "../config/fields.ts";
import { type ConfigFieldsOf, type ConfigOptions, SchedulerSchema } from "../config/schema.ts";
import * as float32 from "../float32.ts";
import { KDiffusionSchedulerBase } from "../k-diffusion.ts";
import { ancestralLevels } from "../noise.ts";
import { predictOriginalAtSigma } from "../predictions.ts";
import type { DenoisedSampleOutput, Scheduler, SetTimestepsOptions, StepOptions } from "../scheduler.ts";
import { appendSigma, interpolateSigmas } from "../sigmas.ts";
import { allTimesteps, type SpacingConfig, spacingFields } from "../timesteps.ts";

/** The configuration of an `EulerAncestralDiscreteScheduler`. */
export interface EulerAncestralDiscreteSchedulerConfig
  extends BetaConfig<"linear" | "scaled_linear" | "squaredcos_cap_v2">,
    SpacingConfig {
  /** What the model predicts; `"epsilon"` by default. */
  readonly predictionType: "epsilon" | "v_prediction";
  /** Whether the betas are rescaled so that no signal is left at the last timestep; false by default. */
  readonly rescaleBetasZeroSnr: boolean;
}

/** Options of the `EulerAncestralDiscreteScheduler` constructor. */
export type EulerAncestralDiscreteSchedulerOptions = ConfigOptions<EulerAncestralDiscreteSchedulerConfig>;

/** The result of {@link EulerAncestralDiscreteScheduler.step}. */
export type EulerAncestralDiscreteSchedulerOutput = DenoisedSampleOutput;

/**
 * Ancestral sampling with Euler steps: each step goes below the next noise level along the probability flow ODE and
 * comes up to it with fresh noise. From k-diffusion's `sample_euler_ancestral`.
 *
 * Numbers equal those of diffusers' `schedulers/scheduling_euler_ancestral_discrete.py` on torch's CPU.
 *
 * @example
 * pipe.scheduler = EulerAncestralDiscreteScheduler.fromConfig(pipe.scheduler.config);
 * const { images } = await pipe.generate({ numInferenceSteps: 30, seed: 0 });
 */
export class EulerAncestralDiscreteScheduler
  extends KDiffusionSchedulerBase<EulerAncestralDiscreteSchedulerConfig>
  implements Scheduler
{
  /** Fields and defaults of diffusers' `schedulers/scheduling_euler_ancestral_discrete.py`. */
  static override readonly schema: SchedulerSchema<ConfigFieldsOf<EulerAncestralDiscreteSchedulerConfig>> =
    new SchedulerSchema(
      "EulerAncestralDiscreteScheduler",
      {
        ...betaFields(commonBetaSchedules, "linear"),
        predictionType: enumField(["epsilon", "v_prediction"], "epsilon"),
        ...spacingFields("linspace"),
        rescaleBetasZeroSnr: truthField(false),
      },
      requireBetaCount,
    );

  constructor(options: EulerAncestralDiscreteSchedulerOptions = {}) {
    super(options);
    this.beginRun(allTimesteps(this.length), appendSigma(this.trainSigmas.toReversed(), 0));
  }

  /**
   * Starts a new run of `numInferenceSteps` timesteps by `timestepSpacing`.
   *
   * @throws InvalidArgumentError if that is not the one option, or is out of range; the current run is then kept.
   */
  setTimesteps(options: SetTimestepsOptions): void {
    requireOneOption(`${this.className}.setTimesteps`, options, ["numInferenceSteps"]);
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
   * @throws InvalidArgumentError if the shapes differ, `timestep` is an index, the run does not have its
   * first timestep, or is over.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options: StepOptions = {},
  ): EulerAncestralDiscreteSchedulerOutput {
    requireSamples(`${this.className}.step`, { modelOutput, sample });
    refuseIndex(this.className, timestep, this.timesteps);
    const index = this.run.enter(timestep);
    this.reminder.remind();

    const sigma = this.run.sigmaAt(index);
    const { predictionType } = this.config;
    const predOriginalSample = predictOriginalAtSigma(predictionType, sample, modelOutput, sigma);
    const { sigmaUp, sigmaDown } = ancestralLevels(sigma, this.run.sigmaAt(index + 1));
    const derivative = sample.sub(predOriginalSample).div(sigma);
    const noise = randnTensor(modelOutput.shape, options.generator);
    const dt = float32.sub(sigmaDown, sigma);
    const prevSample = sample.add(derivative.mul(dt)).add(noise.mul(sigmaUp));
    this.run.advance(index);
    return { prevSample, predOriginalSample };
  }
}
