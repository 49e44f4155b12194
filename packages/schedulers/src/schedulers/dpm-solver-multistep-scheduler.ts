import { InvalidConfigError, randnTensor, type Tensor } from "@onestep/core";
import { rescaleField } from "../betas.ts";
import { requireOneOption, requireSamples } from "../checks.ts";
import { truthField } from "../config/fields.ts";
import { type ConfigFieldsOf, type ConfigOptions, SchedulerSchema } from "../config/schema.ts";
import { type DPMSolverConfig, dpmSolverFields, requireDPMSolverConfig } from "../config/solvers.ts";
import { countUnclipped, flowShift, MultistepSolverBase } from "../multistep-solver.ts";
import type { PrevSampleOutput, Scheduler, SetTimestepsOptions, StepOptions } from "../scheduler.ts";
import { appendSigma, convertSigmas, type DiffusionSchedule, logSpacedSigmas } from "../sigmas.ts";
import {
  addsNoise,
  convertModelOutput,
  multistepDPMSolverUpdate,
  sigmaToAlphaSigmaT,
  withoutVariance,
} from "../solvers/dpm-solver.ts";
import { type SpacingConfig, solverTimesteps, spacingFields } from "../timesteps.ts";

/** The configuration of a `DPMSolverMultistepScheduler`. An order above 3 is treated as 3. */
export interface DPMSolverMultistepSchedulerConfig extends DPMSolverConfig, SpacingConfig {
  /**
   * Whether the last step is an Euler step: more stable in short runs with fresh noise, but less detail; false by
   * default.
   */
  readonly eulerAtFinal: boolean;
  /** Whether to space the log signal-to-noise ratios evenly (arXiv:2206.00927); false by default. */
  readonly useLuLambdas: boolean;
  /** Whether to rescale the betas so that no signal is left at the last timestep; false by default. */
  readonly rescaleBetasZeroSnr: boolean;
}

/** Options of the `DPMSolverMultistepScheduler` constructor. */
export type DPMSolverMultistepSchedulerOptions = ConfigOptions<DPMSolverMultistepSchedulerConfig>;

/** Options of {@link DPMSolverMultistepScheduler.setTimesteps}: exactly one of `numInferenceSteps` and `timesteps`. */
export interface DPMSolverMultistepSetTimestepsOptions extends SetTimestepsOptions {
  /** Sets the flow matching shift to `e^mu`. Only with `useDynamicShifting` in the config. */
  readonly mu?: number | undefined;
}

/** The result of {@link DPMSolverMultistepScheduler.step}. */
export type DPMSolverMultistepSchedulerOutput = PrevSampleOutput;

/** Options of {@link DPMSolverMultistepScheduler.step}. */
export interface DPMSolverMultistepStepOptions extends StepOptions {
  /** The noise to add in a step that adds noise, instead of drawing it; float32, the shape of the sample. */
  readonly varianceNoise?: Tensor<"float32"> | undefined;
}

/**
 * DPM-Solver and DPM-Solver++: a multistep method along the probability flow ODE, of up to third order, or along the
 * diffusion SDE, with fresh noise. Lu et al. 2022 (arXiv:2206.00927, arXiv:2211.01095).
 *
 * Produces the same numbers as diffusers' `schedulers/scheduling_dpmsolver_multistep.py` on torch's CPU.
 *
 * @example
 * pipe.scheduler = DPMSolverMultistepScheduler.fromConfig(pipe.scheduler.config, { useKarrasSigmas: true });
 * const { images } = await pipe.generate({ numInferenceSteps: 20, seed: 0 });
 */
export class DPMSolverMultistepScheduler
  extends MultistepSolverBase<DPMSolverMultistepSchedulerConfig>
  implements Scheduler
{
  /** Fields and defaults of diffusers' `schedulers/scheduling_dpmsolver_multistep.py`. */
  static override readonly schema: SchedulerSchema<ConfigFieldsOf<DPMSolverMultistepSchedulerConfig>> =
    new SchedulerSchema(
      "DPMSolverMultistepScheduler",
      {
        ...dpmSolverFields(["dpmsolver", "dpmsolver++", "sde-dpmsolver", "sde-dpmsolver++"], "dpmsolver++"),
        ...spacingFields("linspace"),
        eulerAtFinal: truthField(false),
        useLuLambdas: truthField(false),
        rescaleBetasZeroSnr: rescaleField(),
      },
      requireMultistepConfig,
    );

  /**
   * Starts a new run of `numInferenceSteps` timesteps, spaced according to `timestepSpacing` or to the sigmas chosen in
   * the config, or of `timesteps` (whole numbers, strictly descending).
   *
   * @throws InvalidArgumentError if not exactly one of the two is given, it is out of range, timesteps are given
   * although the config determines the sigmas, or `mu` is given but the config does not use it; the current run is
   * kept.
   */
  setTimesteps(options: DPMSolverMultistepSetTimestepsOptions): void {
    const subject = `${this.className}.setTimesteps`;
    const { mu, ...request } = options ?? {};
    requireOneOption(subject, request, ["numInferenceSteps", "timesteps"]);
    const shift = flowShift(subject, this.config, mu);
    const { timesteps, sigmas } = this.createSchedule(subject, request, shift, () => {
      const usedCount = countUnclipped(subject, this.config, this.alphasCumprod);
      return solverTimesteps(subject, request.numInferenceSteps, this.config, usedCount);
    });
    const sigmaLast = this.config.finalSigmasType === "zero" ? 0 : (this.trainSigmas[0] ?? Number.NaN);
    this.beginRun(timesteps, appendSigma(sigmas, sigmaLast));
  }

  /**
   * Takes one step, using the predictions of this step and the previous ones.
   *
   * @param modelOutput - float32, the shape of `sample`; twice the channels if the config's `varianceType` says the
   * model predicts a variance.
   * @param timestep - The value from `timesteps` passed to the model. Only the first step of a run looks it up.
   * @param sample - float32 [batch, channels, …]
   * @throws InvalidArgumentError if there is no run yet, the shapes do not match, the first `timestep` is not in the
   * run, or the run is over.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options: DPMSolverMultistepStepOptions = {},
  ): DPMSolverMultistepSchedulerOutput {
    const subject = `${this.className}.step`;
    const { varianceNoise, generator } = options;
    if (varianceNoise !== undefined) requireSamples(subject, { varianceNoise, sample });
    const output = withoutVariance(subject, modelOutput, sample, this.config);
    requireSamples(subject, { modelOutput: output, sample });
    this.run.requireStarted();
    const stepIndex = this.run.enter(timestep);
    const pointAt = (index: number) => sigmaToAlphaSigmaT(this.run.sigmaAt(index), this.config.useFlowSigmas);

    const sigma = this.run.sigmaAt(stepIndex);
    const converted = convertModelOutput(this.config, output, sample, pointAt(stepIndex), sigma);
    const modelOutputs = [...this.modelOutputs, converted].slice(-this.config.solverOrder);
    const noise = addsNoise(this.config.algorithmType)
      ? (varianceNoise ?? randnTensor(sample.shape, generator))
      : undefined;
    const place = [stepIndex, this.run.timesteps.length] as const;
    const prevSample = multistepDPMSolverUpdate(this.config, modelOutputs, sample, place, pointAt, noise);
    this.modelOutputs = modelOutputs;
    this.run.advance(stepIndex);
    return { prevSample };
  }

  protected override get hasOwnSigmas(): boolean {
    return this.config.useLuLambdas || super.hasOwnSigmas;
  }

  protected override convertedSchedule(count: number): DiffusionSchedule | undefined {
    const { useLuLambdas, useKarrasSigmas, betaSchedule } = this.config;
    const isRounded = betaSchedule !== "squaredcos_cap_v2";
    if (useLuLambdas && !useKarrasSigmas) {
      return this.scheduleOf(logSpacedSigmas(count, this.sigmaEnds, Math.fround), isRounded);
    }
    const sigmas = convertSigmas(this.config, count, this.sigmaEnds);
    return sigmas && this.scheduleOf(sigmas, useKarrasSigmas && isRounded);
  }
}

function requireMultistepConfig(subject: string, config: DPMSolverMultistepSchedulerConfig): void {
  requireDPMSolverConfig(subject, config);
  if (config.algorithmType !== "sde-dpmsolver" || config.solverOrder < 3) return;
  throw new InvalidConfigError({
    subject,
    found: `solver_order ${config.solverOrder} with algorithm_type sde-dpmsolver`,
    expected: "an order of 1 or 2 with that algorithm",
    remedy: "Set it to 2, or the algorithm to sde-dpmsolver++.",
  });
}
