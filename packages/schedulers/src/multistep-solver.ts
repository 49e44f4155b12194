import { type Config, InvalidArgumentError, type Tensor } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import { createBetas, cumulativeAlphas, type RescaledBetaConfig } from "./betas.ts";
import { requireSequence, requireTimestepCount } from "./checks.ts";
import type { ConfigOptions } from "./config/schema.ts";
import type { DPMSolverConfig, SolverConfig } from "./config/solvers.ts";
import { log, sqrt, sub } from "./float32.ts";
import { evenFlowSigmas, shiftFlowSigmas } from "./flow.ts";
import { combineItems } from "./noise.ts";
import type { NoiseProcess } from "./noise-process.ts";
import { ScheduleRun } from "./schedule-run.ts";
import type { SetTimestepsOptions } from "./scheduler.ts";
import { SchedulerBase } from "./scheduler-base.ts";
import {
  convertSigmas,
  type DiffusionSchedule,
  interpolateSigmas,
  isConverted,
  liftTerminalAlpha,
  type SigmaConversionConfig,
  type SigmaEnds,
  sigmaToTimestep,
  trainSigmas,
} from "./sigmas.ts";
import { sigmaToAlphaSigmaT } from "./solvers/dpm-solver.ts";
import { allTimesteps, roundHalfEven, trainTimestepRule } from "./timesteps.ts";

/** The config fields that {@link MultistepSolverBase} needs. */
type MultistepSolverConfig = RescaledBetaConfig &
  SigmaConversionConfig & {
    readonly useFlowSigmas: boolean;
    readonly sigmaMin?: number | null;
    readonly sigmaMax?: number | null;
  };

/**
 * The base of the multistep solvers of the diffusion ODE, which use the model's previous outputs: DPM-Solver, DEIS,
 * UniPC. Samples are variance-preserving: α_t and σ_t are computed from the noise level.
 */
export abstract class MultistepSolverBase<
  Values extends MultistepSolverConfig,
> extends SchedulerBase<Values> {
  readonly noiseProcess: NoiseProcess = "betas";
  /** The variance added at each training timestep, in float32. Read-only. */
  readonly betas: Float32Array;
  /** ᾱ: the fraction of the signal's variance left at each training timestep. Read-only. */
  readonly alphasCumprod: Float32Array;
  /** The noise level of each training timestep, in float32. Read-only. */
  protected readonly trainSigmas: Float32Array;
  /** The converted outputs of the previous steps, newest last, at most as many as the order. */
  protected modelOutputs: readonly Tensor<"float32">[] = [];

  constructor(options: ConfigOptions<Values> = {}) {
    super(options);
    const { config }: { readonly config: Config<RescaledBetaConfig> } = this;
    this.betas = createBetas(config);
    const alphasCumprod = cumulativeAlphas(this.betas);
    this.alphasCumprod = config.rescaleBetasZeroSnr ? liftTerminalAlpha(alphasCumprod) : alphasCumprod;
    this.trainSigmas = trainSigmas(this.alphasCumprod);
    const sigmas = this.trainSigmas.toReversed();
    this.run = new ScheduleRun(this.className, allTimesteps(this.length), { sigmas });
  }

  /** The noise levels in float32: one per timestep and, after `setTimesteps`, the final one. Read-only. */
  get sigmas(): Float32Array | Float64Array {
    return this.run.sigmas;
  }

  /**
   * `originalSamples · α_t + noise · σ_t` at the noise level of `timesteps`: values of `timesteps`, either one for the
   * whole batch or one per item. After {@link setBeginIndex}, the noise level of the next step is used instead.
   *
   * @throws InvalidArgumentError if a timestep is not in the run, or the shapes do not match.
   */
  override addNoise(
    originalSamples: Tensor<"float32">,
    noise: Tensor<"float32">,
    timesteps: ArrayLike<number>,
  ): Tensor<"float32"> {
    const weights = this.run.sigmasToAdd(timesteps).map((level) => {
      const { alpha, sigma } = sigmaToAlphaSigmaT(level, this.config.useFlowSigmas);
      return [alpha, sigma] as const;
    });
    return combineItems(`${this.className}.addNoise`, { originalSamples, noise }, weights);
  }

  /** Begins a run. As in diffusers, timesteps are truncated to whole numbers; levels are rounded to float32. */
  protected beginRun(timesteps: Float64Array, sigmas: ArrayLike<number>): void {
    this.run = new ScheduleRun(this.className, timesteps.map(Math.trunc), {
      sigmas: Float32Array.from(sigmas),
      numInferenceSteps: timesteps.length,
    });
    this.modelOutputs = [];
  }

  /** The ends of Karras, exponential and beta sigmas: from the config, or the training range. */
  protected get sigmaEnds(): SigmaEnds {
    return {
      sigmaMin: this.config.sigmaMin ?? this.trainSigmas[0] ?? Number.NaN,
      sigmaMax: this.config.sigmaMax ?? this.trainSigmas.at(-1) ?? Number.NaN,
    };
  }

  /**
   * `count` Karras, exponential or beta sigmas and their timesteps; `undefined` if the config asks for none of them.
   */
  protected convertedSchedule(count: number): DiffusionSchedule | undefined {
    const sigmas = convertSigmas(this.config, count, this.sigmaEnds);
    return sigmas && this.scheduleOf(sigmas, this.config.useKarrasSigmas);
  }

  /**
   * Noise levels and their timesteps. With `isRounded`, timesteps are rounded, as diffusers does before truncating
   * them.
   */
  protected scheduleOf(sigmas: Float64Array, isRounded: boolean): DiffusionSchedule {
    const logSigmas = this.trainSigmas.map(Math.log);
    const timesteps = sigmas.map((sigma) => sigmaToTimestep(sigma, logSigmas));
    return { sigmas, timesteps: isRounded ? timesteps.map(roundHalfEven) : timesteps };
  }

  /**
   * The schedule of a DPM-Solver or DEIS run.
   *
   * @param request - The caller's request: `numInferenceSteps` or `timesteps`.
   * @param shift - The flow matching shift, see {@link flowShift}.
   * @param spacedTimesteps - The timesteps to use if the config asks for no Karras, exponential, beta or flow sigmas.
   * @throws InvalidArgumentError if the request is out of range, or has timesteps although the config asks for such
   * sigmas.
   */
  protected createSchedule(
    subject: string,
    { numInferenceSteps, timesteps: given }: SetTimestepsOptions,
    shift: number,
    spacedTimesteps: () => Float64Array,
  ): DiffusionSchedule {
    if (this.hasOwnSigmas) {
      if (given !== undefined) refuseTimesteps(subject);
      const count = requireTimestepCount(subject, numInferenceSteps);
      return this.convertedSchedule(count) ?? flowSchedule(count, this.length, shift);
    }
    const timesteps =
      given === undefined
        ? spacedTimesteps()
        : requireSequence(`${subject}: timesteps`, given, trainTimestepRule(this.length));
    return { timesteps, sigmas: interpolateSigmas(timesteps, this.trainSigmas) };
  }

  /** Whether the noise levels of a run are determined by their number alone, not by timesteps. */
  protected get hasOwnSigmas(): boolean {
    return isConverted(this.config) || this.config.useFlowSigmas;
  }
}

/**
 * The flow matching shift: from the config, or `e^mu`.
 *
 * @param subject - The method, for the error message.
 * @throws InvalidArgumentError if `mu` is given but the config does not expect it, or its exponential is not finite.
 */
export function flowShift(
  subject: string,
  config: Pick<SolverConfig, "flowShift" | "useDynamicShifting" | "timeShiftType">,
  mu: number | undefined,
): number {
  if (mu === undefined) return config.flowShift;
  const isExpected = config.useDynamicShifting && config.timeShiftType === "exponential";
  if (isExpected && Number.isFinite(Math.exp(mu))) return Math.exp(mu);
  throw new InvalidArgumentError({
    subject: `${subject}: mu`,
    found: describeValue(mu),
    expected: isExpected
      ? "a number whose exponential is finite"
      : "nothing, since the config does not ask for exponential dynamic shifting",
    remedy: "Leave it out, or make the scheduler with `useDynamicShifting: true`.",
  });
}

function flowSchedule(count: number, trainCount: number, shift: number): DiffusionSchedule {
  const sigmas = shiftFlowSigmas(evenFlowSigmas(count, trainCount), shift);
  return { sigmas, timesteps: sigmas.map((sigma) => sigma * trainCount) };
}

function refuseTimesteps(subject: string): never {
  throw new InvalidArgumentError({
    subject: `${subject}: timesteps`,
    found: "timesteps with sigmas of the config's own",
    expected: "`numInferenceSteps` with this config",
    remedy: "Pass a number of steps, or make the scheduler with none of the `use…Sigmas` and `useLuLambdas`.",
  });
}

/**
 * The number of training timesteps that `lambdaMinClipped` keeps, counted from the first: those whose λ_t is not below
 * it.
 *
 * @throws InvalidArgumentError if it keeps none.
 */
export function countUnclipped(
  subject: string,
  { lambdaMinClipped }: Pick<DPMSolverConfig, "lambdaMinClipped">,
  alphasCumprod: Float32Array,
): number {
  const isClipped = (alphaProd: number): boolean => {
    const [alphaT, sigmaT] = [sqrt(alphaProd), sqrt(sub(1, alphaProd))];
    return sub(log(alphaT), log(sigmaT)) < lambdaMinClipped;
  };
  const clipped = alphasCumprod.findIndex(isClipped);
  const count = clipped === -1 ? alphasCumprod.length : clipped;
  if (count > 0) return count;
  throw new InvalidArgumentError({
    subject,
    found: `a lambdaMinClipped of ${lambdaMinClipped}, above the logarithm of signal to noise of every timestep`,
    expected: "at least one timestep that is not clipped",
    remedy: "Make the scheduler with a lower one, such as -5.1.",
  });
}
