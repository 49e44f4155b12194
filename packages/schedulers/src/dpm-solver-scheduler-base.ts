import { InvalidArgumentError, randnTensor, type Tensor } from "@onestep/core";
import { requireOneOption, requireSamples, requireSequence, requireTimestepCount } from "./checks.ts";
import { addsNoise, type DPMSolverConfig, stepsWithOriginals } from "./config/solvers.ts";
import * as float32 from "./float32.ts";
import { chooseFlowShift } from "./multistep-solver.ts";
import {
  limitSample,
  noiseBesideSignal,
  noiseFromSignal,
  originalFromSignal,
  splitVariance,
} from "./predictions.ts";
import type { SetTimestepsOptions, StepOptions } from "./scheduler.ts";
import {
  appendSigma,
  evenFlowSigmas,
  interpolateSigmas,
  isConverted,
  type SignalAndNoise,
  shiftFlowSigmas,
} from "./sigmas.ts";
import { type SolverSchedule, SolverSchedulerBase } from "./solver-scheduler-base.ts";
import { trainTimestepRule } from "./timesteps.ts";

/** What `setTimesteps` of a DPM-Solver takes: exactly one of `numInferenceSteps` and `timesteps`. */
export interface DPMSolverSetTimestepsOptions extends SetTimestepsOptions {
  /** Where the config says `useDynamicShifting`: the shift of flow matching is `e^mu`. */
  readonly mu?: number | undefined;
}

/** What a step of a DPM-Solver returns. */
export interface DPMSolverOutput {
  /** The sample for the next step, float32, same shape as the sample that went in. */
  readonly prevSample: Tensor<"float32">;
}

/** What the schedulers share that are made of DPM-Solver. */
export abstract class DPMSolverSchedulerBase<
  Values extends DPMSolverConfig,
> extends SolverSchedulerBase<Values> {
  /** The predictions that the last steps were taken with, the newest first, at most as many as the order. */
  protected predictions: readonly Tensor<"float32">[] = [];

  /**
   * Begins a new run, of `numInferenceSteps` timesteps spread over those of training or as the config spreads the noise
   * levels, or of `timesteps` (whole numbers, each once, the highest first).
   *
   * @throws InvalidArgumentError where not exactly one of the two is given, it is out of range, timesteps are given and
   * the config says otherwise how levels are spread, or `mu` is given where the config does not ask for it; the run is
   * then as it was.
   */
  setTimesteps(options: DPMSolverSetTimestepsOptions): void {
    const subject = `${this.className}.setTimesteps`;
    const { mu, ...rest } = options ?? {};
    requireOneOption(subject, rest, ["numInferenceSteps", "timesteps"]);
    const shift = chooseFlowShift(subject, this.config, mu);
    const { timesteps, sigmas } = this.#createSchedule(subject, rest, shift);
    const lastSigma = this.config.finalSigmasType === "zero" ? 0 : this.trainSigmas[0];
    this.beginRun(timesteps, appendSigma(sigmas, lastSigma ?? Number.NaN));
    this.predictions = [];
  }

  /** The timesteps of a run that the config does not spread by noise levels; `usedCount` of those of training are used. */
  protected abstract spread(
    subject: string,
    numInferenceSteps: number | undefined,
    usedCount: number,
  ): Float64Array;

  /** Whether the config spreads the noise levels itself. */
  protected get isSpread(): boolean {
    return isConverted(this.config) || this.config.useFlowSigmas;
  }

  /** Begins a step: its index in the run, and the predictions that it is taken with, to be kept once it is. */
  protected enterStep(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
  ): { index: number; predictions: readonly Tensor<"float32">[] } {
    const subject = `${this.className}.step`;
    const prediction = this.#withoutVariance(subject, modelOutput, sample);
    requireSamples(subject, { modelOutput: prediction, sample });
    const index = this.enterRun(timestep);
    const converted = this.#convert(prediction, sample, this.run.sigmaAt(index));
    return { index, predictions: [converted, ...this.predictions].slice(0, this.config.solverOrder) };
  }

  /** Signal and noise at an index of the run. */
  protected levelAt(index: number): SignalAndNoise {
    return this.signalAndNoise(this.run.sigmaAt(index));
  }

  /** The noise that a step adds: what is given, or fresh noise; `undefined` where the algorithm adds none. */
  protected chooseNoise(
    sample: Tensor<"float32">,
    generator: StepOptions["generator"],
    given?: Tensor<"float32">,
  ): Tensor<"float32"> | undefined {
    if (!addsNoise(this.config.algorithmType)) return undefined;
    return given ?? randnTensor(sample.shape, generator);
  }

  #withoutVariance(
    subject: string,
    modelOutput: Tensor<"float32">,
    sample: Tensor<"float32">,
  ): Tensor<"float32"> {
    const { varianceType, predictionType } = this.config;
    const isLearned = varianceType === "learned" || varianceType === "learned_range";
    if (!isLearned || predictionType !== "epsilon") return modelOutput;
    return splitVariance(subject, modelOutput, sample).modelOutput;
  }

  /** What the solver steps with: the prediction of the clean sample, or of the noise. */
  #convert(modelOutput: Tensor<"float32">, sample: Tensor<"float32">, sigma: number): Tensor<"float32"> {
    const at = this.signalAndNoise(sigma);
    const { predictionType, algorithmType, thresholding } = this.config;
    if (stepsWithOriginals(algorithmType)) {
      const predicted = originalFromSignal(predictionType, sample, modelOutput, at, sigma);
      return limitSample(predicted, this.config);
    }
    const noise = noiseFromSignal(predictionType, sample, modelOutput, at, sigma);
    if (!thresholding) return noise;
    const predicted = originalFromSignal("epsilon", sample, noise, at, sigma);
    return noiseBesideSignal(limitSample(predicted, this.config), sample, at);
  }

  #createSchedule(subject: string, options: SetTimestepsOptions, shift: number): SolverSchedule {
    const { numInferenceSteps, timesteps: given } = options;
    if (given !== undefined) this.#refuseTimesteps(subject);
    if (!this.isSpread) {
      const timesteps =
        given === undefined
          ? this.spread(subject, numInferenceSteps, this.#countUsed(subject))
          : requireSequence(`${subject}: timesteps`, given, trainTimestepRule(this.length));
      return { timesteps, sigmas: interpolateSigmas(timesteps, this.trainSigmas) };
    }
    const count = requireTimestepCount(subject, numInferenceSteps);
    const converted = this.convertedSchedule(count);
    if (converted !== undefined) return converted;
    const sigmas = shiftFlowSigmas(evenFlowSigmas(count, this.length), shift);
    return { sigmas, timesteps: sigmas.map((sigma) => sigma * this.length) };
  }

  #refuseTimesteps(subject: string): void {
    if (!this.isSpread) return;
    throw new InvalidArgumentError({
      subject: `${subject}: timesteps`,
      found: "timesteps and a spread of levels",
      expected: "`numInferenceSteps` with this config",
      remedy:
        "Pass a number of steps, or make the scheduler with none of the `use…Sigmas` and `useLuLambdas`.",
    });
  }

  /** How many timesteps of training `lambdaMinClipped` leaves, from the first on. */
  #countUsed(subject: string): number {
    const { lambdaMinClipped } = this.config;
    const clipped = this.alphasCumprod.findIndex((alphaProd) => halfLogRatio(alphaProd) < lambdaMinClipped);
    const count = clipped === -1 ? this.length : clipped;
    if (count > 0) return count;
    throw new InvalidArgumentError({
      subject,
      found: `a lambdaMinClipped of ${lambdaMinClipped}, above the logarithm of signal to noise of every timestep`,
      expected: "at least one timestep that is not clipped",
      remedy: "Make the scheduler with a lower one, such as -5.1.",
    });
  }
}

/** λ: half the logarithm of signal to noise. */
function halfLogRatio(alphaProd: number): number {
  const signal = float32.sqrt(alphaProd);
  const noise = float32.sqrt(float32.sub(1, alphaProd));
  return float32.sub(float32.log(signal), float32.log(noise));
}
