import { enumField, InvalidArgumentError, type Tensor } from "@onestep/core";
import { AlphaSchedulerBase } from "../alphas.ts";
import { type BetaConfig, betaFields, commonBetaSchedules, requireBetaCount } from "../betas.ts";
import { requireOneOption, requireSamples, requireTrainTimestep } from "../checks.ts";
import { truthField } from "../config/fields.ts";
import { type ConfigFieldsOf, type ConfigOptions, SchedulerSchema } from "../config/schema.ts";
import * as float32 from "../float32.ts";
import { predictNoise } from "../predictions.ts";
import type { PrevSampleOutput, Scheduler, SetTimestepsOptions } from "../scheduler.ts";
import { adamsBashforth } from "../solvers/linear-multistep.ts";
import { type SpacingConfig, spacingFields, wholeTimesteps } from "../timesteps.ts";

/** The configuration of a `PNDMScheduler`. */
export interface PNDMSchedulerConfig
  extends BetaConfig<"linear" | "scaled_linear" | "squaredcos_cap_v2">,
    SpacingConfig {
  /**
   * Whether to skip the Runge-Kutta steps and start with the linear multistep method right away, at a lower order.
   * Otherwise, a run begins with three Runge-Kutta steps of four model evaluations each; false by default.
   */
  readonly skipPrkSteps: boolean;
  /**
   * Whether the last step leads to a noise-free sample (ᾱ = 1). Otherwise, it leads to ᾱ of timestep 0; false by
   * default.
   */
  readonly setAlphaToOne: boolean;
  /** What the model predicts; `"epsilon"` by default. */
  readonly predictionType: "epsilon" | "v_prediction";
}

/** Options of the `PNDMScheduler` constructor. */
export type PNDMSchedulerOptions = ConfigOptions<PNDMSchedulerConfig>;

/** The result of {@link PNDMScheduler.step}. */
export type PNDMSchedulerOutput = PrevSampleOutput;

/**
 * Pseudo numerical methods for diffusion models: a linear multistep method that begins with Runge-Kutta steps. Liu et
 * al. 2022 (arXiv:2202.09778).
 *
 * Numbers equal those of diffusers' `schedulers/scheduling_pndm.py` on torch's CPU. Steps are counted, so a run has to
 * follow the order of `timesteps`.
 *
 * @example
 * pipe.scheduler = PNDMScheduler.fromConfig(pipe.scheduler.config);
 * const { images } = await pipe.generate({ numInferenceSteps: 50, seed: 0 });
 */
export class PNDMScheduler extends AlphaSchedulerBase<PNDMSchedulerConfig> implements Scheduler {
  /** Fields and defaults of diffusers' `schedulers/scheduling_pndm.py`. */
  static override readonly schema: SchedulerSchema<ConfigFieldsOf<PNDMSchedulerConfig>> = new SchedulerSchema(
    "PNDMScheduler",
    {
      ...betaFields(commonBetaSchedules, "linear"),
      skipPrkSteps: truthField(false),
      setAlphaToOne: truthField(false),
      predictionType: enumField(["epsilon", "v_prediction"], "epsilon"),
      ...spacingFields("leading"),
    },
    requireBetaCount,
  );

  #history: PndmHistory = new PndmHistory(new Float64Array());

  /** How many steps the run has taken; `undefined` before the first one. */
  override get stepIndex(): number | undefined {
    return this.#history.counter === 0 ? undefined : this.#history.counter;
  }

  /** The part of `timesteps` covered by the Runge-Kutta method. */
  get prkTimesteps(): Float64Array {
    return this.#history.prkTimesteps;
  }

  /** The part of `timesteps` covered by the linear multistep method. */
  get plmsTimesteps(): Float64Array {
    return this.numInferenceSteps === undefined
      ? new Float64Array()
      : this.timesteps.slice(this.prkTimesteps.length);
  }

  /** ᾱ after the last step: ᾱ of timestep 0, or 1 if `setAlphaToOne` is true. */
  get finalAlphaCumprod(): number {
    return this.config.setAlphaToOne ? 1 : (this.alphasCumprod[0] ?? 1);
  }

  /**
   * Starts a new run of `numInferenceSteps` timesteps (1 to `numTrainTimesteps`, at least 4 with Runge-Kutta steps),
   * spaced by `timestepSpacing`. `timesteps` is longer than that: by 9 with Runge-Kutta steps, and by 1 without them if
   * there are two steps or more.
   *
   * @throws InvalidArgumentError if it is not the only option, or is out of range, or `stepsOffset` leads past the last
   * timestep; the current run is kept.
   */
  setTimesteps(options: SetTimestepsOptions): void {
    const subject = `${this.className}.setTimesteps`;
    requireOneOption(subject, options, ["numInferenceSteps"]);
    const spaced = wholeTimesteps(subject, options.numInferenceSteps, this.config);
    const { skipPrkSteps } = this.config;
    if (!skipPrkSteps && spaced.length < 4) {
      throw new InvalidArgumentError({
        subject: `${subject}: numInferenceSteps`,
        found: `${spaced.length}`,
        expected: "at least 4 steps, since a run begins with Runge-Kutta steps between the first four",
        remedy: "Take more steps, or make the scheduler with `skipPrkSteps: true`.",
      });
    }
    const halfGap = Math.floor(Math.floor(this.length / spaced.length) / 2);
    const prkTimesteps = skipPrkSteps ? new Float64Array() : rungeKuttaTimesteps(spaced, halfGap);
    const plmsTimesteps = multistepTimesteps(spaced, skipPrkSteps);
    this.beginRun(Float64Array.from([...prkTimesteps, ...plmsTimesteps]), options.numInferenceSteps);
    this.#history = new PndmHistory(prkTimesteps);
  }

  /**
   * Takes one step.
   *
   * @param modelOutput - float32, same shape as `sample`.
   * @param timestep - The timestep passed to the model, any training timestep.
   * @param sample - float32 [batch, channels, …]
   * @throws InvalidArgumentError if there is no run yet or it is over, the shapes differ, or the timestep is out of
   * range.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    _options?: object,
  ): PNDMSchedulerOutput {
    const subject = `${this.className}.step`;
    requireSamples(subject, { modelOutput, sample });
    const count = this.run.requireStarted();
    requireTrainTimestep(subject, timestep, this.length);
    this.run.requireLeft(this.#history.counter);
    const gap = Math.floor(this.length / count);
    const slope = this.#history.next({ modelOutput, timestep, sample, gap });
    return { prevSample: this.#transfer(slope.sample, slope.modelOutput, slope.from, slope.to) };
  }

  /** Equation (9) of the paper: the sample at timestep `to`. */
  #transfer(
    sample: Tensor<"float32">,
    modelOutput: Tensor<"float32">,
    from: number,
    to: number,
  ): Tensor<"float32"> {
    const alphaProd = this.alphasCumprod[from] ?? Number.NaN;
    const previousAlphaProd = to >= 0 ? (this.alphasCumprod[to] ?? Number.NaN) : this.finalAlphaCumprod;
    const betaProd = float32.sub(1, alphaProd);
    const previousBetaProd = float32.sub(1, previousAlphaProd);
    const noise = predictNoise(this.config.predictionType, sample, modelOutput, alphaProd);
    const denominator = float32.add(
      float32.mul(alphaProd, float32.sqrt(previousBetaProd)),
      float32.sqrt(float32.mul(float32.mul(alphaProd, betaProd), previousAlphaProd)),
    );
    return sample
      .mul(float32.sqrt(float32.div(previousAlphaProd, alphaProd)))
      .sub(noise.mul(float32.sub(previousAlphaProd, alphaProd)).div(denominator));
  }
}

/** The input of a step. */
interface PndmStep {
  readonly modelOutput: Tensor<"float32">;
  readonly timestep: number;
  readonly sample: Tensor<"float32">;
  /** How many training timesteps a step spans. */
  readonly gap: number;
}

/** The slope to follow, and the sample and timesteps to follow it from and to. */
interface PndmSlope {
  readonly modelOutput: Tensor<"float32">;
  readonly sample: Tensor<"float32">;
  readonly from: number;
  /** Below 0 at the end of a run. */
  readonly to: number;
}

/**
 * The history of a run of pseudo numerical methods: the model's most recent outputs and, within a step, the sample it
 * started from. Liu et al. 2022 (arXiv:2202.09778), equations (12) and (13), as in diffusers'
 * `schedulers/scheduling_pndm.py`.
 */
class PndmHistory {
  /** The timesteps of the Runge-Kutta steps. */
  readonly prkTimesteps: Float64Array;
  #counter = 0;
  #outputs: readonly Tensor<"float32">[] = [];
  #startSample: Tensor<"float32"> | undefined;
  #weightedSum: Tensor<"float32"> | undefined;

  constructor(prkTimesteps: Float64Array) {
    this.prkTimesteps = prkTimesteps;
  }

  /** How many steps have been taken. */
  get counter(): number {
    return this.#counter;
  }

  /** Records a step and returns the slope to follow. */
  next(step: PndmStep): PndmSlope {
    const isRungeKutta = this.#counter < this.prkTimesteps.length;
    const slope = isRungeKutta ? this.#nextRungeKutta(step) : this.#nextMultistep(step);
    this.#counter += 1;
    return slope;
  }

  #nextRungeKutta({ modelOutput, timestep, sample, gap }: PndmStep): PndmSlope {
    const stage = this.#counter % 4;
    const weighted = modelOutput.mul(stage === 0 || stage === 3 ? 1 / 6 : 1 / 3);
    const sum = this.#weightedSum?.add(weighted) ?? weighted;
    this.#weightedSum = stage === 3 ? undefined : sum;
    if (stage === 0) {
      this.#outputs = [...this.#outputs, modelOutput];
      this.#startSample = sample;
    }
    return {
      modelOutput: stage === 3 ? sum : modelOutput,
      sample: this.#startSample ?? sample,
      from: this.prkTimesteps[this.#counter - stage] ?? timestep,
      to: stage % 2 === 1 ? timestep : timestep - Math.floor(gap / 2),
    };
  }

  #nextMultistep({ modelOutput, timestep, sample, gap }: PndmStep): PndmSlope {
    const isCorrection = this.#counter === 1;
    if (!isCorrection) {
      const outputs = [...this.#outputs.slice(-3), modelOutput];
      const slope = adamsBashforth(outputs);
      this.#outputs = outputs;
      if (this.#counter === 0) this.#startSample = sample;
      return { modelOutput: slope, sample, from: timestep, to: timestep - gap };
    }
    const [first = modelOutput] = this.#outputs;
    const startSample = this.#startSample ?? sample;
    const mean = modelOutput.add(first).div(2);
    this.#startSample = undefined;
    return {
      modelOutput: mean,
      sample: startSample,
      from: timestep + gap,
      to: timestep,
    };
  }
}

/**
 * The timesteps of three Runge-Kutta steps between the first four timesteps of a run. A step evaluates the model at its
 * start, twice at the midpoint, and at its end.
 *
 * @param timesteps - At least four, highest first.
 * @param halfGap - How many training timesteps half a step spans.
 * @returns Twelve timesteps.
 */
function rungeKuttaTimesteps(timesteps: Float64Array, halfGap: number): Float64Array {
  const [first = 0, second = 0, third = 0, fourth = 0] = timesteps;
  const steps = [
    [first, second],
    [second, third],
    [third, fourth],
  ] as const;
  return Float64Array.from(steps.flatMap(([start, end]) => [start, end + halfGap, end + halfGap, end]));
}

/**
 * The timesteps for the linear multistep method: either those left after the Runge-Kutta steps, or all of them with the
 * second one repeated, since the method then begins with a step that is corrected.
 *
 * @param timesteps - Highest first.
 */
function multistepTimesteps(timesteps: Float64Array, skipPrkSteps: boolean): Float64Array {
  if (!skipPrkSteps) return timesteps.slice(3);
  const corrected = timesteps.slice(1, 2);
  return Float64Array.from([...timesteps.slice(0, 1), ...corrected, ...timesteps.slice(1)]);
}
