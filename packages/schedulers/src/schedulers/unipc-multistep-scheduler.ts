import {
  type ConfigField,
  describeValue,
  enumField,
  InvalidArgumentError,
  InvalidConfigError,
  integerField,
  listField,
  nullableField,
  type Tensor,
} from "@onestep/core";
import {
  requireOneOption,
  requireSamples,
  requireSequence,
  requireTimestepCount,
  type SequenceRule,
} from "../checks.ts";
import { karrasDiffusionSchedulers } from "../config/compatibles.ts";
import {
  aliasedEnumField,
  fractionField,
  narrowedField,
  positiveField,
  truthField,
} from "../config/fields.ts";
import {
  type ConfigFieldsOf,
  type ConfigOptions,
  requireSigmaOrder,
  SchedulerSchema,
} from "../config/schema.ts";
import {
  requireSolverConfig,
  requireUnconvertedFlow,
  type SolverConfig,
  solverFields,
} from "../config/solvers.ts";
import * as float32 from "../float32.ts";
import type { NoiseProcess } from "../noise-process.ts";
import { limitSample, noiseFromSignal, originalFromSignal } from "../predictions.ts";
import type { Scheduler, SetTimestepsOptions } from "../scheduler.ts";
import { appendSigma, fullFlowSigmas, interpolateSigmas, isConverted } from "../sigmas.ts";
import { type SolverSchedule, SolverSchedulerBase } from "../solver-scheduler-base.ts";
import { type UniPCScale, unipcCorrector, unipcFlowSigmas, unipcPredictor } from "../solvers/unipc.ts";
import { solverTimesteps } from "../timesteps.ts";

/** The configuration of a `UniPCMultistepScheduler`. */
export interface UniPCMultistepSchedulerConfig extends SolverConfig {
  /** Whether the solver steps with predictions of the clean sample, and not of the noise; true by default. */
  readonly predictX0: boolean;
  /** The variant: `"bh2"` by default, `"bh1"` for few steps without guidance. Those of other solvers are taken for bh2. */
  readonly solverType: UniPCScale;
  /** The indices of the steps that are not corrected afterwards; none by default. */
  readonly disableCorrector: readonly number[];
  /** Always null: a scheduler in the place of the predictor, which diffusers takes, is not supported. */
  readonly solverP: null;
  /** The noise level that a run ends at: 0 or the lowest of training; `"zero"` by default. */
  readonly finalSigmasType: "zero" | "sigma_min";
  /** Whether the betas are rescaled so that nothing of the signal is left at the last timestep; false by default. */
  readonly rescaleBetasZeroSnr: boolean;
  /** The lowest noise level where the levels are spread anew, above 0; null by default: that of training. */
  readonly sigmaMin: number | null;
  /** The highest noise level where the levels are spread anew, above 0; null by default: that of training. */
  readonly sigmaMax: number | null;
  /** The last noise level that those of flow matching are stretched to, 0 to 1; null by default: they are not. */
  readonly shiftTerminal: number | null;
}

/** What the constructor of a `UniPCMultistepScheduler` takes. */
export type UniPCMultistepSchedulerOptions = ConfigOptions<UniPCMultistepSchedulerConfig>;

/** The fields of {@link UniPCMultistepSchedulerConfig}, with the defaults of diffusers. */
function unipcFields(): ConfigFieldsOf<UniPCMultistepSchedulerConfig> {
  return {
    ...solverFields(),
    predictX0: truthField(true),
    solverType: aliasedEnumField(["bh1", "bh2"], "bh2", { midpoint: "bh2", heun: "bh2", logrho: "bh2" }),
    disableCorrector: listField(
      narrowedField(integerField(0), "a whole number, at least 0", (value) => value >= 0),
      [],
    ),
    solverP: nullField(),
    finalSigmasType: enumField(["zero", "sigma_min"], "zero"),
    rescaleBetasZeroSnr: truthField(false),
    sigmaMin: nullableField(positiveField(1)),
    sigmaMax: nullableField(positiveField(1)),
    shiftTerminal: nullableField(fractionField(0)),
  };
}

/**
 * Checks what no field of {@link UniPCMultistepSchedulerConfig} can check by itself.
 *
 * @param subject - The scheduler or the file, for messages.
 * @throws InvalidConfigError where the fields contradict each other.
 */
function requireUniPCConfig(subject: string, config: UniPCMultistepSchedulerConfig): void {
  requireSolverConfig(subject, config);
  requireSigmaOrder(subject, config);
  // Karras levels are brought into the range of flow matching; others are not.
  if (!config.useKarrasSigmas) requireUnconvertedFlow(subject, config);
  if (config.shiftTerminal !== null && !config.useFlowSigmas) {
    throw new InvalidConfigError({
      subject,
      found: `shift_terminal ${config.shiftTerminal} without use_flow_sigmas`,
      expected: "both, or neither",
      remedy: "Set use_flow_sigmas to true, or shift_terminal to null.",
    });
  }
  if (!config.predictX0 && config.predictionType === "flow_prediction") {
    throw new InvalidConfigError({
      subject,
      found: "predict_x0 false with prediction_type flow_prediction",
      expected: "predict_x0 true where the model predicts flows",
      remedy: "Set it to true.",
    });
  }
}

function nullField(): ConfigField<null> {
  const read = (value: unknown): null | undefined => (value === null ? null : undefined);
  return { description: "null", defaultJson: null, read, write: read };
}

const className = "UniPCMultistepScheduler";

/** What {@link UniPCMultistepScheduler.setTimesteps} takes: exactly one of `numInferenceSteps` and `sigmas`. */
export interface UniPCMultistepSetTimestepsOptions extends SetTimestepsOptions {
  /** Noise levels of flow matching, above 0 and at most 1, each once, the highest first. */
  readonly sigmas?: readonly number[] | undefined;
  /** Needed where the config says `useDynamicShifting`: the shift of flow matching, or its logarithm. */
  readonly mu?: number | undefined;
}

/** What {@link UniPCMultistepScheduler.step} returns. */
export interface UniPCMultistepSchedulerOutput {
  /** The sample for the next step, float32, same shape as the sample that went in. */
  readonly prevSample: Tensor<"float32">;
}

const flowSigmaRule: SequenceRule = {
  expected: "noise levels above 0 and at most 1, each once, the highest first",
  accepts: (value, previous = 2) => value > 0 && value <= 1 && value < previous,
};

/**
 * UniPC: a multistep predictor of any order, whose steps are corrected once the model was evaluated where they led.
 * Zhao et al. 2023 (arXiv:2302.04867).
 *
 * Numbers equal those of diffusers' `schedulers/scheduling_unipc_multistep.py` on torch's CPU. A step to a level without
 * noise gives the prediction of the clean sample, also where diffusers gives NaN.
 */
export class UniPCMultistepScheduler
  extends SolverSchedulerBase<UniPCMultistepSchedulerConfig>
  implements Scheduler
{
  /** The name of the class in diffusers' files. */
  static readonly className: string = className;

  /** The noise process that it undoes. */
  readonly noiseProcess: NoiseProcess = "betas";

  /** The names of the classes that its config can be given to. */
  static readonly compatibles: readonly string[] = karrasDiffusionSchedulers;

  /** Fields and defaults of diffusers' `schedulers/scheduling_unipc_multistep.py`. */
  static readonly schema: SchedulerSchema<ConfigFieldsOf<UniPCMultistepSchedulerConfig>> =
    new SchedulerSchema(className, unipcFields(), requireUniPCConfig);

  /** What the model predicted in the last steps, the newest first, at most as many as the order. */
  #predictions: readonly Tensor<"float32">[] = [];
  /** The sample that the last step was taken from. */
  #lastSample: Tensor<"float32"> | undefined;
  /** The order of the last step. */
  #lastOrder = 0;

  /**
   * @param options - Fields of the config; those left out have their defaults.
   * @throws InvalidArgumentError where an option is unknown or out of range.
   * @throws InvalidConfigError where options contradict each other.
   */
  constructor(options: UniPCMultistepSchedulerOptions = {}) {
    super(className, UniPCMultistepScheduler.schema.fromConfig(options));
  }

  /**
   * Begins a new run, of `numInferenceSteps` timesteps spread by `timestepSpacing` or as the config spreads the noise
   * levels, or of noise levels of flow matching.
   *
   * @throws InvalidArgumentError where not exactly one of the two is given, an option is out of range, or the config
   * says otherwise; the run is then as it was.
   */
  setTimesteps(options: UniPCMultistepSetTimestepsOptions): void {
    const subject = `${className}.setTimesteps`;
    const { mu, ...rest } = options ?? {};
    requireOneOption(subject, rest, ["numInferenceSteps", "sigmas"]);
    this.#requireMu(subject, mu);
    const { timesteps, sigmas } = this.#createSchedule(subject, rest, mu);
    const isSpread = isConverted(this.config) || this.config.useFlowSigmas;
    const lowest = isSpread ? sigmas.at(-1) : this.trainSigmas[0];
    const lastSigma = this.config.finalSigmasType === "zero" ? 0 : (lowest ?? Number.NaN);
    this.beginRun(timesteps, appendSigma(sigmas, lastSigma));
    this.#predictions = [];
    this.#lastSample = undefined;
  }

  /**
   * Takes one step: corrects the last one by what the model predicts here, and predicts the next sample.
   *
   * @param modelOutput - float32, the shape of `sample`.
   * @param timestep - The value of `timesteps` that the model was given. Only the first of a run is looked up.
   * @param sample - float32 [batch, channels, …]
   * @throws InvalidArgumentError where there is no run yet, the shapes differ, or the run is to begin at a timestep that
   * it does not have, or is over.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    _options?: object,
  ): UniPCMultistepSchedulerOutput {
    requireSamples(`${className}.step`, { modelOutput, sample });
    const index = this.enterRun(timestep);
    const prediction = this.#convert(modelOutput, sample, index);
    const isCorrected = index > 0 && !this.config.disableCorrector.includes(index - 1);
    const last = isCorrected ? this.#lastSample : undefined;
    const corrected = last === undefined ? sample : this.#correct(last, prediction, index);

    const { solverOrder, lowerOrderFinal } = this.config;
    const left = this.timesteps.length - index;
    const highest = lowerOrderFinal ? Math.min(solverOrder, left) : solverOrder;
    const order = Math.min(highest, this.#predictions.length + 1);
    const predictions = [prediction, ...this.#predictions].slice(0, solverOrder);
    const prevSample = this.#predict(corrected, predictions, { index, order });
    this.#lastOrder = order;
    this.#predictions = predictions;
    this.#lastSample = corrected;
    this.run.advance();
    return { prevSample };
  }

  clone(): UniPCMultistepScheduler {
    return new UniPCMultistepScheduler(this.config);
  }

  /** The prediction that the solver steps with. */
  #convert(modelOutput: Tensor<"float32">, sample: Tensor<"float32">, index: number): Tensor<"float32"> {
    const sigma = this.run.sigmaAt(index);
    const at = this.signalAndNoise(sigma);
    const { predictionType, predictX0 } = this.config;
    if (!predictX0) return noiseFromSignal(predictionType, sample, modelOutput, at, sigma);
    return limitSample(originalFromSignal(predictionType, sample, modelOutput, at, sigma), this.config);
  }

  #predict(
    sample: Tensor<"float32">,
    predictions: readonly Tensor<"float32">[],
    { index, order }: { readonly index: number; readonly order: number },
  ): Tensor<"float32"> {
    const [newest, ...older] = predictions as [Tensor<"float32">, ...Tensor<"float32">[]];
    if (this.run.sigmaAt(index + 1) === 0) {
      const { noise, signal } = this.signalAndNoise(this.run.sigmaAt(index));
      return this.config.predictX0 ? newest : sample.sub(newest.mul(noise)).div(signal);
    }
    const { exponent, ratios } = this.#measure(index, order);
    const coefficients = unipcPredictor(exponent, ratios, this.config.solverType);
    const { growth, scale, weights } = coefficients;
    const start = this.#followNewest(sample, newest, growth, index);
    const differences = differencesTo(newest, older, ratios);
    return subtract(start, combine(differences, weights), this.#scaleAt(index + 1, scale));
  }

  #correct(lastSample: Tensor<"float32">, prediction: Tensor<"float32">, index: number): Tensor<"float32"> {
    const [newest, ...older] = this.#predictions as [Tensor<"float32">, ...Tensor<"float32">[]];
    const { exponent, ratios } = this.#measure(index - 1, this.#lastOrder);
    const { growth, scale, weights } = unipcCorrector(exponent, ratios, this.config.solverType);
    const start = this.#followNewest(lastSample, newest, growth, index - 1);
    const differences = [...differencesTo(newest, older, ratios), prediction.sub(newest)];
    return subtract(start, combine(differences, weights), this.#scaleAt(index, scale));
  }

  /** The step from an index to the next in the logarithm of signal to noise, and where older steps are. */
  #measure(index: number, order: number): { exponent: number; ratios: number[] } {
    const logRatioAt = (at: number) => this.signalAndNoise(this.run.sigmaAt(at)).logRatio;
    const start = logRatioAt(index);
    const step = float32.sub(logRatioAt(index + 1), start);
    const ratios = Array.from({ length: order - 1 }, (_, place) =>
      float32.div(float32.sub(logRatioAt(index - 1 - place), start), step),
    );
    return { exponent: this.config.predictX0 ? -step : step, ratios };
  }

  /** The step of first order, from an index to the next. */
  #followNewest(
    sample: Tensor<"float32">,
    newest: Tensor<"float32">,
    growth: number,
    index: number,
  ): Tensor<"float32"> {
    const from = this.signalAndNoise(this.run.sigmaAt(index));
    const to = this.signalAndNoise(this.run.sigmaAt(index + 1));
    const [kept, weight] = this.config.predictX0
      ? [float32.div(to.noise, from.noise), float32.mul(to.signal, growth)]
      : [float32.div(to.signal, from.signal), float32.mul(to.noise, growth)];
    return sample.mul(kept).sub(newest.mul(weight));
  }

  #scaleAt(index: number, scale: number): number {
    const { signal, noise } = this.signalAndNoise(this.run.sigmaAt(index));
    return float32.mul(this.config.predictX0 ? signal : noise, scale);
  }

  #requireMu(subject: string, mu: number | undefined): void {
    const isNeeded = this.config.useDynamicShifting;
    if (isNeeded ? Number.isFinite(mu) : mu === undefined) return;
    throw new InvalidArgumentError({
      subject: `${subject}: mu`,
      found: describeValue(mu),
      expected: isNeeded
        ? "a number, since the config asks for dynamic shifting"
        : "nothing with this config",
      remedy: isNeeded
        ? "Pass `mu`."
        : "Leave it out, or make the scheduler with `useDynamicShifting: true`.",
    });
  }

  #createSchedule(
    subject: string,
    options: UniPCMultistepSetTimestepsOptions,
    mu: number | undefined,
  ): SolverSchedule {
    const { useFlowSigmas } = this.config;
    const { sigmas: given } = options;
    if (given !== undefined && (!useFlowSigmas || isConverted(this.config))) {
      throw new InvalidArgumentError({
        subject: `${subject}: sigmas`,
        found: "noise levels",
        expected: "`numInferenceSteps` with this config",
        remedy: "Pass a number of steps, or make the scheduler with `useFlowSigmas` and no other spread.",
      });
    }
    if (!useFlowSigmas && !isConverted(this.config)) {
      const timesteps = solverTimesteps(subject, options.numInferenceSteps, this.config);
      return { timesteps, sigmas: interpolateSigmas(timesteps, this.trainSigmas) };
    }
    const chosen = given && requireSequence(`${subject}: sigmas`, given, flowSigmaRule);
    const count = chosen?.length ?? requireTimestepCount(subject, options.numInferenceSteps);
    const converted = this.convertedSchedule(count);
    if (converted !== undefined && !useFlowSigmas) return converted;
    const sigmas =
      converted?.sigmas.map((sigma) => sigma / (sigma + 1)) ??
      unipcFlowSigmas(chosen ?? fullFlowSigmas(count, this.length), { ...this.config, mu });
    return { sigmas, timesteps: sigmas.map((sigma) => sigma * this.length) };
  }
}

/** How far each of the older predictions is from the newest, over its place in the step. */
function differencesTo(
  newest: Tensor<"float32">,
  older: readonly Tensor<"float32">[],
  ratios: readonly number[],
): Tensor<"float32">[] {
  return older
    .slice(0, ratios.length)
    .map((prediction, place) => prediction.sub(newest).div(ratios[place] ?? Number.NaN));
}

function combine(
  parts: readonly Tensor<"float32">[],
  weights: readonly number[],
): Tensor<"float32"> | undefined {
  const weighted = parts.map((part, place) => part.mul(weights[place] ?? Number.NaN));
  return weighted.length === 0 ? undefined : weighted.reduce((sum, part) => sum.add(part));
}

function subtract(
  start: Tensor<"float32">,
  change: Tensor<"float32"> | undefined,
  scale: number,
): Tensor<"float32"> {
  return change === undefined ? start : start.sub(change.mul(scale));
}
