import {
  enumField,
  InvalidArgumentError,
  integerField,
  nullableField,
  PythonFloat,
  randnTensor,
  type Tensor,
} from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import {
  refuseIndex,
  requireFinite,
  requireOneOption,
  requireSamples,
  requireSequence,
  requireTimestepCount,
  type SequenceRule,
} from "../checks.ts";
import {
  finiteField,
  fractionField,
  positiveField,
  timestepCountField,
  truthField,
} from "../config/fields.ts";
import { type ConfigFieldsOf, type ConfigOptions, SchedulerSchema } from "../config/schema.ts";
import * as float32 from "../float32.ts";
import { flowSigmaRule, shiftFlowSigmas, stretchToTerminal, timeShift } from "../flow.ts";
import { combineItems } from "../noise.ts";
import type { NoiseProcess } from "../noise-process.ts";
import { ScheduleRun } from "../schedule-run.ts";
import type { PrevSampleOutput, Scheduler, SetTimestepsOptions, StepOptions } from "../scheduler.ts";
import { SchedulerBase } from "../scheduler-base.ts";
import {
  appendSigma,
  convertSigmas,
  linspace,
  requireOneConversion,
  type SigmaConversionConfig,
  type SigmaEnds,
  sigmaConversionFields,
} from "../sigmas.ts";

/** The configuration of a `FlowMatchEulerDiscreteScheduler`. */
export interface FlowMatchEulerDiscreteSchedulerConfig extends SigmaConversionConfig {
  /** Multiplier that turns a noise level into the timestep passed to the model; 1000 by default. */
  readonly numTrainTimesteps: number;
  /** How far the noise levels are shifted towards more noise; above 0, 1 (no shift) by default. */
  readonly shift: number;
  /** Whether each run sets its own shift, as `mu`; false by default. */
  readonly useDynamicShifting: boolean;
  /** `mu` at `baseImageSeqLen`, used by pipelines to compute `mu`; 0.5 by default. */
  readonly baseShift: number | null;
  /** `mu` at `maxImageSeqLen`, used by pipelines to compute `mu`; 1.15 by default. */
  readonly maxShift: number | null;
  /** The number of tokens of a small image, used by pipelines to compute `mu`; 256 by default. */
  readonly baseImageSeqLen: number;
  /** The number of tokens of a large image, used by pipelines to compute `mu`; 4096 by default. */
  readonly maxImageSeqLen: number;
  /** Whether a run goes up through 1 − σ instead of down through σ, as Mochi requires; false by default. */
  readonly invertSigmas: boolean;
  /** The noise level of the last timestep after stretching, 0 to 1; null (no stretching) by default. */
  readonly shiftTerminal: number | null;
  /** How the shift is computed from `mu`; `"exponential"` by default. */
  readonly timeShiftType: "exponential" | "linear";
  /** Whether each step predicts the clean sample and adds fresh noise to it; false by default. */
  readonly stochasticSampling: boolean;
}

/** Options of the `FlowMatchEulerDiscreteScheduler` constructor. */
export type FlowMatchEulerDiscreteSchedulerOptions = ConfigOptions<FlowMatchEulerDiscreteSchedulerConfig>;

/**
 * Options of {@link FlowMatchEulerDiscreteScheduler.setTimesteps}: pass exactly one of `numInferenceSteps`, `timesteps`
 * and `sigmas`.
 */
export interface FlowMatchEulerDiscreteSetTimestepsOptions extends SetTimestepsOptions {
  /** Noise levels before shifting, above 0 and at most 1, strictly descending. */
  readonly sigmas?: readonly number[] | undefined;
  /** The shift, or its logarithm. Required if the config sets `useDynamicShifting`. */
  readonly mu?: number | undefined;
}

/** The result of {@link FlowMatchEulerDiscreteScheduler.step}. */
export type FlowMatchEulerDiscreteSchedulerOutput = PrevSampleOutput;

/**
 * Euler steps along the velocities predicted by flow matching models such as Stable Diffusion 3 and Flux. Esser et al.
 * 2024 (arXiv:2403.03206).
 *
 * Numbers equal those of diffusers' `schedulers/scheduling_flow_match_euler_discrete.py` on torch's CPU. Per-token
 * timesteps (`per_token_timesteps`) are not supported. Instead of calling `set_shift`, create a scheduler with a
 * different `shift`.
 *
 * @example
 * const scheduler = new FlowMatchEulerDiscreteScheduler({ shift: 3 });
 * scheduler.setTimesteps({ numInferenceSteps: 28 });
 */
export class FlowMatchEulerDiscreteScheduler
  extends SchedulerBase<FlowMatchEulerDiscreteSchedulerConfig>
  implements Scheduler
{
  /** Fields and defaults of diffusers' `schedulers/scheduling_flow_match_euler_discrete.py`. */
  static override readonly schema: SchedulerSchema<ConfigFieldsOf<FlowMatchEulerDiscreteSchedulerConfig>> =
    new SchedulerSchema(
      "FlowMatchEulerDiscreteScheduler",
      {
        numTrainTimesteps: timestepCountField(1000),
        shift: positiveField(1),
        useDynamicShifting: truthField(false),
        baseShift: nullableField(finiteField(0.5), new PythonFloat(0.5)),
        maxShift: nullableField(finiteField(1.15), new PythonFloat(1.15)),
        baseImageSeqLen: integerField(256),
        maxImageSeqLen: integerField(4096),
        invertSigmas: truthField(false),
        shiftTerminal: nullableField(fractionField(0)),
        ...sigmaConversionFields(),
        timeShiftType: enumField(["exponential", "linear"], "exponential"),
        stochasticSampling: truthField(false),
      },
      requireOneConversion,
    );

  readonly noiseProcess: NoiseProcess = "flow";
  /** The noise levels of the last and first training timesteps, shifted as the config says. */
  readonly #ends: SigmaEnds;

  constructor(options: FlowMatchEulerDiscreteSchedulerOptions = {}) {
    super(options);
    const trained = Float64Array.from({ length: this.length }, (_, index) =>
      float32.div(this.length - index, this.length),
    );
    const { useDynamicShifting, shift } = this.config;
    const sigmas = useDynamicShifting ? trained : shiftFlowSigmas(trained, shift, Math.fround);
    this.#ends = { sigmaMin: sigmas.at(-1) ?? Number.NaN, sigmaMax: sigmas[0] ?? Number.NaN };
    this.run = this.#runOf(Float32Array.from(sigmas));
  }

  /** The noise levels in float32: one per timestep and, after `setTimesteps`, the final one. Read-only. */
  get sigmas(): Float32Array | Float64Array {
    return this.run.sigmas;
  }

  /** The noise level of the last training timestep, shifted as the config says. */
  get sigmaMin(): number {
    return this.#ends.sigmaMin;
  }

  /** The noise level of the first training timestep, shifted as the config says. */
  get sigmaMax(): number {
    return this.#ends.sigmaMax;
  }

  /**
   * Starts a new run from `numInferenceSteps` (evenly spaced timesteps), `sigmas`, or `timesteps` (above 0, at most
   * `numTrainTimesteps`, strictly descending). All three are shifted, and converted if the config asks for Karras,
   * exponential or beta sigmas.
   *
   * @throws InvalidArgumentError unless exactly one of the three is given, or if an option is out of range, `mu` is
   * missing or unexpected, or a noise level is NaN; the current run is kept.
   */
  setTimesteps(options: FlowMatchEulerDiscreteSetTimestepsOptions): void {
    const subject = `${this.className}.setTimesteps`;
    const { mu, ...request } = options ?? {};
    requireOneOption(subject, request, ["numInferenceSteps", "sigmas", "timesteps"]);
    this.#requireMu(subject, mu);
    const { numInferenceSteps } = request;

    // 1. Prepare default sigmas. Sigmas and timesteps passed by the caller are float32 numbers.
    const round = numInferenceSteps === undefined ? Math.fround : float32.keepFloat64;
    const unshifted = this.#unshiftedSigmas(subject, request);
    // 2. Perform timestep shifting.
    const { shift, shiftTerminal, timeShiftType } = this.config;
    const shifted =
      mu === undefined
        ? shiftFlowSigmas(unshifted, shift, round)
        : timeShift(unshifted, mu, timeShiftType, round);
    // 3. Stretch the sigmas to terminate at `shiftTerminal`.
    const stretched = stretchToTerminal(shifted, shiftTerminal, round);
    requireFinite(`${subject}: sigmas`, stretched);
    // 4. Convert sigmas to Karras, exponential or beta sigmas.
    const ends = { sigmaMin: stretched.at(-1) ?? Number.NaN, sigmaMax: stretched[0] ?? Number.NaN };
    const sigmas = convertSigmas(this.config, stretched.length, ends) ?? stretched;

    requireFinite(`${subject}: sigmas`, sigmas);
    // 5. Convert sigmas to float32.
    const rounded = Float32Array.from(sigmas);
    // 6. Append the terminal sigma value.
    this.run = this.config.invertSigmas
      ? this.#runOf(Float32Array.from(rounded, complement), 1)
      : this.#runOf(rounded, 0);
  }

  /**
   * Takes one step.
   *
   * @param modelOutput - The velocity predicted by the model; float32, same shape as `sample`.
   * @param timestep - The value of `timesteps` passed to the model. Only looked up on the first step of a run.
   * @param sample - float32 [batch, channels, …]
   * @throws InvalidArgumentError if there is no run yet, the shapes differ, `timestep` is an index, the first
   * `timestep` is not in the run, or the run is over.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options: StepOptions = {},
  ): FlowMatchEulerDiscreteSchedulerOutput {
    requireSamples(`${this.className}.step`, { modelOutput, sample });
    this.run.requireStarted();
    refuseIndex(this.className, timestep, this.timesteps);
    const index = this.run.enter(timestep);

    const sigma = this.run.sigmaAt(index);
    const sigmaNext = this.run.sigmaAt(index + 1);
    const dt = float32.sub(sigmaNext, sigma);
    let prevSample: Tensor<"float32">;
    if (this.config.stochasticSampling) {
      const x0 = sample.sub(modelOutput.mul(sigma));
      const noise = randnTensor(sample.shape, options.generator);
      prevSample = x0.mul(float32.sub(1, sigmaNext)).add(noise.mul(sigmaNext));
    } else {
      prevSample = sample.add(modelOutput.mul(dt));
    }
    this.run.advance(index);
    return { prevSample };
  }

  /**
   * `(1 − σ) · originalSamples + σ · noise`, where σ is the noise level at `timesteps`: values of `timesteps`, either
   * one for the whole batch or one per item. After {@link setBeginIndex}, the noise level of the next step is used
   * instead. Equivalent to diffusers' `scale_noise`.
   *
   * @throws InvalidArgumentError if a timestep is not in the run, or the shapes do not match.
   */
  override addNoise(
    originalSamples: Tensor<"float32">,
    noise: Tensor<"float32">,
    timesteps: ArrayLike<number>,
  ): Tensor<"float32"> {
    const sigmas = this.run.sigmasToAdd(timesteps);
    return combineItems(
      `${this.className}.addNoise`,
      { originalSamples, noise },
      sigmas.map((sigma) => [float32.sub(1, sigma), sigma]),
    );
  }

  #unshiftedSigmas(subject: string, options: FlowMatchEulerDiscreteSetTimestepsOptions): Float64Array {
    const { numInferenceSteps, sigmas, timesteps } = options;
    if (sigmas !== undefined) {
      return requireSequence(`${subject}: sigmas`, sigmas, flowSigmaRule).map(Math.fround);
    }
    if (timesteps !== undefined) {
      const given = requireSequence(`${subject}: timesteps`, timesteps, timestepRule(this.length));
      return given.map((timestep) => float32.div(Math.fround(timestep), this.length));
    }
    const count = requireTimestepCount(subject, numInferenceSteps);
    const spaced = linspace(this.sigmaMax * this.length, this.sigmaMin * this.length, count);
    return spaced.map((timestep) => timestep / this.length);
  }

  #requireMu(subject: string, mu: number | undefined): void {
    const { useDynamicShifting, timeShiftType } = this.config;
    if (!useDynamicShifting && mu === undefined) return;
    const shift = timeShiftType === "exponential" ? Math.exp(mu ?? Number.NaN) : (mu ?? Number.NaN);
    if (useDynamicShifting && Number.isFinite(shift) && shift > 0) return;
    throw new InvalidArgumentError({
      subject: `${subject}: mu`,
      found: describeValue(mu),
      expected: useDynamicShifting
        ? `a number whose ${timeShiftType === "exponential" ? "exponential" : "value"} is finite and above 0`
        : "nothing, since the config does not ask for dynamic shifting",
      remedy: useDynamicShifting
        ? "Pass `mu`, or make the scheduler with `useDynamicShifting: false`."
        : "Leave it out, or make the scheduler with `useDynamicShifting: true`.",
    });
  }

  /** A run through noise levels. Before `setTimesteps`, there is no final level. */
  #runOf(sigmas: Float32Array, terminalSigma?: number): ScheduleRun {
    const timesteps = Float64Array.from(sigmas, (sigma) => float32.mul(sigma, this.length));
    return terminalSigma === undefined
      ? new ScheduleRun(this.className, timesteps, { sigmas })
      : new ScheduleRun(this.className, timesteps, {
          sigmas: appendSigma(sigmas, terminalSigma),
          numInferenceSteps: sigmas.length,
        });
  }
}

function complement(sigma: number): number {
  return 1 - sigma;
}

function timestepRule(trainCount: number): SequenceRule {
  return {
    expected: `numbers above 0 and at most ${trainCount}, strictly descending`,
    accepts: (value, previous = Number.POSITIVE_INFINITY) =>
      value > 0 && value <= trainCount && value < previous,
  };
}
