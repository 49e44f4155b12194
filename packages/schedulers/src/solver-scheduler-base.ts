import { type Config, InvalidArgumentError, type Tensor } from "@onestep/core";
import { type BetaConfig, createBetas, cumulativeAlphas } from "./betas.ts";
import { combineItems } from "./noise.ts";
import { allTimesteps, SigmaRun } from "./schedule-run.ts";
import { SigmaRunSchedulerBase } from "./sigma-run-scheduler-base.ts";
import {
  convertSigmas,
  type ExponentialSigmasOptions,
  liftTerminalAlpha,
  type SigmaConversionConfig,
  type SignalAndNoise,
  sigmaToTimestep,
  signalAndNoise,
  trainSigmas,
} from "./sigmas.ts";
import { roundHalfEven } from "./timesteps.ts";

/** The fields that {@link SolverSchedulerBase} needs. */
type SolverBaseConfig = BetaConfig &
  SigmaConversionConfig & {
    readonly rescaleBetasZeroSnr?: boolean;
    readonly useFlowSigmas: boolean;
    readonly sigmaMin?: number | null;
    readonly sigmaMax?: number | null;
  };

/** Timesteps of a run and their noise levels, in float64. */
export interface SolverSchedule {
  readonly timesteps: Float64Array;
  readonly sigmas: Float64Array;
}

/**
 * What the solvers of the diffusion ODE share, which remember the model's last outputs: DPM-Solver, DEIS, UniPC. Their
 * samples keep the variance: signal and noise follow from the noise level.
 */
export abstract class SolverSchedulerBase<
  Values extends SolverBaseConfig,
> extends SigmaRunSchedulerBase<Values> {
  /** 1: noise of unit variance is the first sample. */
  readonly initNoiseSigma: number = 1;
  /** The variance that each timestep of training adds, in float32. Not to be written to. */
  readonly betas: Float32Array;
  /** ᾱ: the share of the signal's variance that is left at each timestep of training. Not to be written to. */
  readonly alphasCumprod: Float32Array;
  /** The noise level of each timestep of training, in float32. Not to be written to. */
  protected readonly trainSigmas: Float32Array;
  /** @param config - Made by the schema of the class. */
  protected constructor(className: string, config: Config<Values>) {
    super(className, config);
    this.betas = createBetas(config);
    const alphasCumprod = cumulativeAlphas(this.betas);
    this.alphasCumprod =
      config.rescaleBetasZeroSnr === true ? liftTerminalAlpha(alphasCumprod) : alphasCumprod;
    this.trainSigmas = trainSigmas(this.alphasCumprod);
    this.begin(new SigmaRun(className, allTimesteps(this.length), this.trainSigmas.toReversed()));
  }

  /** The sample as it is: nothing is scaled. */
  scaleModelInput(sample: Tensor<"float32">, _timestep?: number): Tensor<"float32"> {
    return sample;
  }

  /**
   * `originalSamples · α + noise · σ`, at the level of `timesteps`: values of `timesteps`, one for all items of the
   * batch or one each. After {@link setBeginIndex} it is the level of the step that the run has come to instead.
   *
   * @throws InvalidArgumentError where a timestep is not one of the run, or the shapes do not fit.
   */
  addNoise(
    originalSamples: Tensor<"float32">,
    noise: Tensor<"float32">,
    timesteps: ArrayLike<number>,
  ): Tensor<"float32"> {
    const weights = this.run.sigmasToAdd(timesteps).map((sigma) => {
      const at = this.signalAndNoise(sigma);
      return [at.signal, at.noise] as const;
    });
    return combineItems(`${this.className}.addNoise`, { originalSamples, noise }, weights);
  }

  /** Signal and noise at a noise level. */
  protected signalAndNoise(sigma: number): SignalAndNoise {
    return signalAndNoise(sigma, this.config.useFlowSigmas);
  }

  /** Begins a run. Timesteps are cut to whole numbers, as in diffusers, and levels rounded to float32. */
  protected beginRun(timesteps: Float64Array, sigmas: ArrayLike<number>): void {
    const run = new SigmaRun(this.className, timesteps.map(Math.trunc), Float32Array.from(sigmas));
    this.begin(run, timesteps.length);
  }

  /** The index of the step to take, in a run that `setTimesteps` began. See `StepRun.enter`. */
  protected enterRun(timestep: number): number {
    if (this.numInferenceSteps !== undefined) return this.run.enter(timestep);
    throw new InvalidArgumentError({
      subject: `${this.className}.step`,
      found: "no run",
      expected: "a run that `setTimesteps` began",
      remedy: "Call `scheduler.setTimesteps({ numInferenceSteps })` first.",
    });
  }

  /**
   * `count` timesteps and noise levels as the config spreads them between the ends of training, or between `sigmaMin`
   * and `sigmaMax`; `undefined` where it does not.
   */
  protected convertedSchedule(count: number): SolverSchedule | undefined {
    const sigmaMin = this.config.sigmaMin ?? this.trainSigmas[0] ?? Number.NaN;
    const sigmaMax = this.config.sigmaMax ?? this.trainSigmas.at(-1) ?? Number.NaN;
    const sigmas = this.spreadSigmas(count, { sigmaMin, sigmaMax });
    if (sigmas === undefined) return undefined;
    const logSigmas = this.trainSigmas.map(Math.log);
    const timesteps = sigmas.map((sigma) => sigmaToTimestep(sigma, logSigmas));
    return { sigmas, timesteps: this.roundsConverted ? timesteps.map(roundHalfEven) : timesteps };
  }

  /** `count` noise levels as the config spreads them between two; `undefined` where it does not. */
  protected spreadSigmas(count: number, ends: ExponentialSigmasOptions): Float64Array | undefined {
    return convertSigmas(this.config, count, ends);
  }

  /** Whether the timesteps of levels that the config spreads are rounded, before they are cut to whole numbers. */
  protected get roundsConverted(): boolean {
    return this.config.useKarrasSigmas;
  }
}
