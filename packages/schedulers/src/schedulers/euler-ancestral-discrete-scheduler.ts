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
  /** Whether to rescale the betas so that no signal is left at the last timestep; false by default. */
  readonly rescaleBetasZeroSnr: boolean;
}

/** Options of the `EulerAncestralDiscreteScheduler` constructor. */
export type EulerAncestralDiscreteSchedulerOptions = ConfigOptions<EulerAncestralDiscreteSchedulerConfig>;

/** The result of {@link EulerAncestralDiscreteScheduler.step}. */
export type EulerAncestralDiscreteSchedulerOutput = DenoisedSampleOutput;

/**
 * Ancestral sampling with Euler steps: each step goes below the next noise level along the probability flow ODE, then
 * fresh noise brings the sample back up to it. From k-diffusion's `sample_euler_ancestral`.
 *
 * Produces the same numbers as diffusers' `schedulers/scheduling_euler_ancestral_discrete.py` on torch's CPU.
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
   * Starts a new run of `numInferenceSteps` timesteps, spaced according to `timestepSpacing`.
   *
   * @throws InvalidArgumentError if `numInferenceSteps` is missing, out of range, or combined with another option; the
   * current run is kept.
   */
  setTimesteps(options: SetTimestepsOptions): void {
    requireOneOption(`${this.className}.setTimesteps`, options, ["numInferenceSteps"]);
    const timesteps = this.spacedTimesteps(options.numInferenceSteps);
    const sigmas = interpolateSigmas(timesteps, this.trainSigmas);
    this.beginRun(timesteps, appendSigma(sigmas, 0), timesteps.length);
  }

  /**
   * Takes one step: down along the slope `(sample − predOriginalSample) / σ`, then up with noise. The last step also
   * draws noise but adds none.
   *
   * @param modelOutput - float32, the shape of `sample`.
   * @param timestep - The value from `timesteps` passed to the model. Only the first step of a run looks it up.
   * @param sample - The input of {@link scaleModelInput}, not its output.
   * @throws InvalidArgumentError if the shapes differ, `timestep` is an index, the first `timestep` is not in the run,
   * or the run is over.
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
