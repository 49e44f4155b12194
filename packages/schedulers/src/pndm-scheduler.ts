import { enumField, InvalidArgumentError, type Tensor } from "@onestep/core";
import * as float32 from "./arithmetic/float32.ts";
import { type BetaConfig, betaFields, requireBetaCount } from "./betas/beta-fields.ts";
import { karrasDiffusionSchedulers } from "./config/karras-diffusion-schedulers.ts";
import type { ConfigFieldsOf, ConfigOptions } from "./config/scheduler-config.ts";
import { SchedulerSchema } from "./config/scheduler-schema.ts";
import { truthField } from "./config/truth-field.ts";
import type { NoiseProcess } from "./noise-process.ts";
import { predictNoise } from "./predictions/predict-noise.ts";
import { PndmHistory } from "./run/pndm-history.ts";
import { requireRun } from "./run/require-run.ts";
import { requireSamples } from "./run/require-samples.ts";
import { requireTrainTimestep } from "./run/require-train-timestep.ts";
import type { Scheduler, SetTimestepsOptions } from "./scheduler.ts";
import { requireOneOption } from "./sigmas/require-one-option.ts";
import { TimestepRunSchedulerBase } from "./timestep-run-scheduler-base.ts";
import { multistepTimesteps, rungeKuttaTimesteps } from "./timesteps/pndm-timesteps.ts";
import { type SpacingConfig, spacingFields } from "./timesteps/spacing-fields.ts";
import { wholeTimesteps } from "./timesteps/whole-timesteps.ts";

const className = "PNDMScheduler";

/** The configuration of a `PNDMScheduler`. */
export interface PNDMSchedulerConfig
  extends BetaConfig<"linear" | "scaled_linear" | "squaredcos_cap_v2">,
    SpacingConfig {
  /**
   * Whether a run begins with the linear multistep method at once, of a lower order at first, and not with three steps
   * of the Runge-Kutta method, four model evaluations each; false by default.
   */
  readonly skipPrkSteps: boolean;
  /**
   * Whether the last step leads to a sample without any noise, ᾱ = 1. Otherwise, and by default, it leads to ᾱ of
   * timestep 0.
   */
  readonly setAlphaToOne: boolean;
  /** What the model predicts; `"epsilon"` by default. */
  readonly predictionType: "epsilon" | "v_prediction";
}

/** What the constructor of a `PNDMScheduler` takes. */
export type PNDMSchedulerOptions = ConfigOptions<PNDMSchedulerConfig>;

/** What {@link PNDMScheduler.step} returns. */
export interface PNDMSchedulerOutput {
  /** The sample for the next step, float32, same shape as the sample that went in. */
  readonly prevSample: Tensor<"float32">;
}

/**
 * Pseudo numerical methods for diffusion models: a linear multistep method that begins with Runge-Kutta steps. Liu et
 * al. 2022 (arXiv:2202.09778).
 *
 * Numbers equal those of diffusers' `schedulers/scheduling_pndm.py` on torch's CPU. Steps are counted: a run takes them
 * in the order of `timesteps`.
 */
export class PNDMScheduler extends TimestepRunSchedulerBase<PNDMSchedulerConfig> implements Scheduler {
  /** The name of the class in diffusers' files. */
  static readonly className: string = className;

  /** The noise process that it undoes. */
  readonly noiseProcess: NoiseProcess = "betas";

  /** The names of the classes that its config can be given to. */
  static readonly compatibles: readonly string[] = karrasDiffusionSchedulers;

  /** Fields and defaults of diffusers' `schedulers/scheduling_pndm.py`. */
  static readonly schema: SchedulerSchema<ConfigFieldsOf<PNDMSchedulerConfig>> = new SchedulerSchema(
    className,
    {
      ...betaFields(["linear", "scaled_linear", "squaredcos_cap_v2"], "linear"),
      skipPrkSteps: truthField(false),
      setAlphaToOne: truthField(false),
      predictionType: enumField(["epsilon", "v_prediction"], "epsilon"),
      ...spacingFields("leading"),
    },
    requireBetaCount,
  );

  #history: PndmHistory = new PndmHistory(new Float64Array());

  /**
   * @param options - Fields of the config; those left out have their defaults.
   * @throws InvalidArgumentError where an option is unknown or out of range.
   * @throws InvalidConfigError where options contradict each other.
   */
  constructor(options: PNDMSchedulerOptions = {}) {
    super(className, PNDMScheduler.schema.fromConfig(options));
  }

  /** How many steps the run has taken; `undefined` before the first. */
  override get stepIndex(): number | undefined {
    return this.#history.counter === 0 ? undefined : this.#history.counter;
  }

  /** The part of `timesteps` that the Runge-Kutta method takes. */
  get prkTimesteps(): Float64Array {
    return this.#history.prkTimesteps;
  }

  /** The part of `timesteps` that the linear multistep method takes. */
  get plmsTimesteps(): Float64Array {
    return this.numInferenceSteps === undefined
      ? new Float64Array()
      : this.timesteps.slice(this.prkTimesteps.length);
  }

  /** ᾱ after the last step: that of timestep 0, or 1 where `setAlphaToOne` is true. */
  get finalAlphaCumprod(): number {
    return this.config.setAlphaToOne ? 1 : (this.alphasCumprod[0] ?? 1);
  }

  /**
   * Begins a new run, of `numInferenceSteps` timesteps (1 to `numTrainTimesteps`, at least 4 where there are
   * Runge-Kutta steps) spread by `timestepSpacing`. `timesteps` are more: 9 more with Runge-Kutta steps, and one more
   * without, where there are two or more.
   *
   * @throws InvalidArgumentError where that is not the one option, or out of range, or `stepsOffset` leads past the
   * last timestep; the run is then as it was.
   */
  setTimesteps(options: SetTimestepsOptions): void {
    const subject = `${className}.setTimesteps`;
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
    this.begin(Float64Array.from([...prkTimesteps, ...plmsTimesteps]), options.numInferenceSteps);
    this.#history = new PndmHistory(prkTimesteps);
  }

  /**
   * Takes one step.
   *
   * @param modelOutput - float32, the shape of `sample`.
   * @param timestep - The timestep that the model was given, any of training.
   * @param sample - float32 [batch, channels, …]
   * @throws InvalidArgumentError where there is no run yet or it is over, the shapes differ, or the timestep is out of
   * range.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    _options?: object,
  ): PNDMSchedulerOutput {
    const subject = `${className}.step`;
    requireSamples(subject, { modelOutput, sample });
    const count = requireRun(subject, this.numInferenceSteps);
    requireTrainTimestep(subject, timestep, this.length);
    if (this.#history.counter >= this.timesteps.length) {
      throw new InvalidArgumentError({
        subject,
        found: `a run that has come to the end of its timesteps (${this.timesteps.length} in all)`,
        expected: "a step that is left to take",
        remedy: "Call `setTimesteps` to begin another run.",
      });
    }
    const gap = Math.floor(this.length / count);
    const slope = this.#history.next({ modelOutput, timestep, sample, gap });
    return { prevSample: this.#transfer(slope.sample, slope.modelOutput, slope.from, slope.to) };
  }

  clone(): PNDMScheduler {
    return new PNDMScheduler(this.config);
  }

  /** Formula (9) of the paper: the sample of timestep `to`. */
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
