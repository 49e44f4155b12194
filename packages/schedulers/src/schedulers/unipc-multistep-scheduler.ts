import {
  type ConfigField,
  enumField,
  InvalidArgumentError,
  InvalidConfigError,
  integerField,
  listField,
  nullableField,
  type Tensor,
} from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import { requireOneOption, requireSamples, requireSequence, requireTimestepCount } from "../checks.ts";
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
import { flowSigmaRule, fullFlowSigmas } from "../flow.ts";
import { MultistepSolverBase } from "../multistep-solver.ts";
import { limitSample } from "../predictions.ts";
import type { PrevSampleOutput, Scheduler, SetTimestepsOptions } from "../scheduler.ts";
import { appendSigma, type DiffusionSchedule, interpolateSigmas } from "../sigmas.ts";
import { predictEpsilon, predictX0, type SchedulePoint, sigmaToAlphaSigmaT } from "../solvers/dpm-solver.ts";
import {
  multistepUniCBhUpdate,
  multistepUniPBhUpdate,
  type UniPCPoints,
  type UniPCSolverType,
  unipcFlowSigmas,
} from "../solvers/unipc.ts";
import { solverTimesteps } from "../timesteps.ts";

/** The configuration of a `UniPCMultistepScheduler`. */
export interface UniPCMultistepSchedulerConfig extends SolverConfig {
  /** Whether the solver works with predictions of the clean sample instead of the noise; true by default. */
  readonly predictX0: boolean;
  /**
   * The solver variant: `"bh2"` by default, `"bh1"` for few steps without guidance. Types of other solvers are read as
   * `"bh2"`.
   */
  readonly solverType: UniPCSolverType;
  /** The indices of the steps that are not corrected; empty by default. */
  readonly disableCorrector: readonly number[];
  /** Always null: unlike diffusers, using another scheduler as the predictor is not supported. */
  readonly solverP: null;
  /** The final noise level of a run: 0, or the lowest training level; `"zero"` by default. */
  readonly finalSigmasType: "zero" | "sigma_min";
  /** Whether to rescale the betas so that no signal is left at the last timestep; false by default. */
  readonly rescaleBetasZeroSnr: boolean;
  /** The lowest of the Karras, exponential or beta sigmas, above 0; null (the lowest training level) by default. */
  readonly sigmaMin: number | null;
  /** The highest of the Karras, exponential or beta sigmas, above 0; null (the highest training level) by default. */
  readonly sigmaMax: number | null;
  /** The last flow matching noise level after stretching, 0 to 1; null (no stretching) by default. */
  readonly shiftTerminal: number | null;
}

/** Options of the `UniPCMultistepScheduler` constructor. */
export type UniPCMultistepSchedulerOptions = ConfigOptions<UniPCMultistepSchedulerConfig>;

/** Options of {@link UniPCMultistepScheduler.setTimesteps}: exactly one of `numInferenceSteps` and `sigmas`. */
export interface UniPCMultistepSetTimestepsOptions extends SetTimestepsOptions {
  /** Flow matching noise levels, above 0 and at most 1, strictly descending. */
  readonly sigmas?: readonly number[] | undefined;
  /** The flow matching shift, or its logarithm. Required if the config sets `useDynamicShifting`. */
  readonly mu?: number | undefined;
}

/** The result of {@link UniPCMultistepScheduler.step}. */
export type UniPCMultistepSchedulerOutput = PrevSampleOutput;

/**
 * UniPC: a multistep predictor of any order that corrects each step with the model's output at the step's end. Zhao et
 * al. 2023 (arXiv:2302.04867).
 *
 * Numbers equal those of diffusers' `schedulers/scheduling_unipc_multistep.py` on torch's CPU. A step to noise level 0
 * returns the prediction of the clean sample, even where diffusers returns NaN.
 *
 * @example
 * pipe.scheduler = UniPCMultistepScheduler.fromConfig(pipe.scheduler.config);
 * const { images } = await pipe.generate({ numInferenceSteps: 10, seed: 0 });
 */
export class UniPCMultistepScheduler
  extends MultistepSolverBase<UniPCMultistepSchedulerConfig>
  implements Scheduler
{
  /** Fields and defaults of diffusers' `schedulers/scheduling_unipc_multistep.py`. */
  static override readonly schema: SchedulerSchema<ConfigFieldsOf<UniPCMultistepSchedulerConfig>> =
    new SchedulerSchema("UniPCMultistepScheduler", unipcFields(), requireUniPCConfig);

  /** The sample that the last step started from. */
  #lastSample: Tensor<"float32"> | undefined;
  /** The order of the last step. */
  #thisOrder = 0;

  /**
   * Starts a new run from `numInferenceSteps` (spaced by `timestepSpacing`, or with the kind of sigmas set in the
   * config) or `sigmas` (flow matching noise levels).
   *
   * @throws InvalidArgumentError unless exactly one of the two is given, or if an option is out of range or does not
   * fit the config; the current run is kept.
   */
  setTimesteps(options: UniPCMultistepSetTimestepsOptions): void {
    const subject = `${this.className}.setTimesteps`;
    const { mu, ...request } = options ?? {};
    requireOneOption(subject, request, ["numInferenceSteps", "sigmas"]);
    this.#requireMu(subject, mu);
    const { timesteps, sigmas } = this.#createSchedule(subject, request, mu);
    const lowest = this.hasOwnSigmas ? sigmas.at(-1) : this.trainSigmas[0];
    const sigmaLast = this.config.finalSigmasType === "zero" ? 0 : (lowest ?? Number.NaN);
    this.beginRun(timesteps, appendSigma(sigmas, sigmaLast));
    this.#lastSample = undefined;
  }

  /**
   * Takes one step: corrects the previous step using the model's output here, then predicts the next sample.
   *
   * @param modelOutput - float32, same shape as `sample`.
   * @param timestep - The value of `timesteps` passed to the model. Only looked up on the first step of a run.
   * @param sample - float32 [batch, channels, …]
   * @throws InvalidArgumentError if there is no run yet, the shapes differ, the first `timestep` is not in the run, or
   * the run is over.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    _options?: object,
  ): UniPCMultistepSchedulerOutput {
    requireSamples(`${this.className}.step`, { modelOutput, sample });
    this.run.requireStarted();
    const stepIndex = this.run.enter(timestep);
    const { solverOrder, lowerOrderFinal, disableCorrector } = this.config;

    const converted = this.#convertModelOutput(modelOutput, sample, stepIndex);
    const isCorrected = stepIndex > 0 && !disableCorrector.includes(stepIndex - 1);
    const lastSample = isCorrected ? this.#lastSample : undefined;
    const corrected =
      lastSample === undefined
        ? sample
        : multistepUniCBhUpdate(
            this.config,
            converted,
            this.modelOutputs.toReversed(),
            lastSample,
            this.#pointsOf(stepIndex - 1, this.#thisOrder),
          );

    const left = this.timesteps.length - stepIndex;
    const highest = lowerOrderFinal ? Math.min(solverOrder, left) : solverOrder;
    const thisOrder = Math.min(highest, this.modelOutputs.length + 1);
    const modelOutputs = [...this.modelOutputs, converted].slice(-solverOrder);
    const prevSample =
      this.run.sigmaAt(stepIndex + 1) === 0
        ? this.#predictEnd(converted, corrected, stepIndex)
        : multistepUniPBhUpdate(
            this.config,
            modelOutputs.toReversed(),
            corrected,
            this.#pointsOf(stepIndex, thisOrder),
          );
    this.modelOutputs = modelOutputs;
    this.#lastSample = corrected;
    this.#thisOrder = thisOrder;
    this.run.advance(stepIndex);
    return { prevSample };
  }

  #pointAt(index: number): SchedulePoint {
    return sigmaToAlphaSigmaT(this.run.sigmaAt(index), this.config.useFlowSigmas);
  }

  /** The points for a step of the given order, from `index` in the run to the next. */
  #pointsOf(index: number, order: number): UniPCPoints {
    const older = Array.from({ length: order - 1 }, (_, k) => this.#pointAt(index - 1 - k));
    return [this.#pointAt(index + 1), this.#pointAt(index), ...older];
  }

  /** The quantity that the solver integrates: predictions of x_0, or of ε. */
  #convertModelOutput(
    modelOutput: Tensor<"float32">,
    sample: Tensor<"float32">,
    stepIndex: number,
  ): Tensor<"float32"> {
    const { predictionType, predictX0: isX0 } = this.config;
    const at = this.#pointAt(stepIndex);
    if (!isX0 && predictionType !== "flow_prediction") {
      return predictEpsilon(predictionType, modelOutput, sample, at);
    }
    const x0 = predictX0(predictionType, modelOutput, sample, at, this.run.sigmaAt(stepIndex));
    return limitSample(x0, this.config);
  }

  /**
   * The sample at noise level 0: the prediction of the clean sample. If the solver predicts ε, diffusers returns NaN
   * here.
   */
  #predictEnd(converted: Tensor<"float32">, sample: Tensor<"float32">, stepIndex: number): Tensor<"float32"> {
    if (this.config.predictX0) return converted;
    return predictX0("epsilon", converted, sample, this.#pointAt(stepIndex), this.run.sigmaAt(stepIndex));
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
  ): DiffusionSchedule {
    const { useFlowSigmas, useKarrasSigmas } = this.config;
    const { sigmas: given } = options;
    if (given !== undefined && (!useFlowSigmas || useKarrasSigmas)) {
      throw new InvalidArgumentError({
        subject: `${subject}: sigmas`,
        found: "noise levels",
        expected: "`numInferenceSteps` with this config",
        remedy: "Pass a number of steps, or make the scheduler with `useFlowSigmas` and no other sigmas.",
      });
    }
    if (!this.hasOwnSigmas) {
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

/** The fields of {@link UniPCMultistepSchedulerConfig}, with diffusers' defaults. */
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
 * Checks the rules that involve several fields of {@link UniPCMultistepSchedulerConfig}.
 *
 * @param subject - The scheduler or the file, for error messages.
 * @throws InvalidConfigError if the fields contradict each other.
 */
function requireUniPCConfig(subject: string, config: UniPCMultistepSchedulerConfig): void {
  requireSolverConfig(subject, config);
  requireSigmaOrder(subject, config);
  // Karras levels are mapped to the range of flow matching; other converted levels are not.
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
