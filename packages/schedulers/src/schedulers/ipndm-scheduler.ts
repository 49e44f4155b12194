import { listField, nullableField, type Tensor } from "@onestep/core";
import { requireOneOption, requireSamples, requireTimestepCount } from "../checks.ts";
import { fractionField, narrowedField, timestepCountField } from "../config/fields.ts";
import { type ConfigFieldsOf, type ConfigOptions, SchedulerSchema } from "../config/schema.ts";
import * as float32 from "../float32.ts";
import { combineItems } from "../noise.ts";
import type { NoiseProcess } from "../noise-process.ts";
import { ScheduleRun } from "../schedule-run.ts";
import type { PrevSampleOutput, Scheduler, SetTimestepsOptions } from "../scheduler.ts";
import { SchedulerBase } from "../scheduler-base.ts";
import { adamsBashforth } from "../solvers/linear-multistep.ts";

/** The configuration of an `IPNDMScheduler`. */
export interface IPNDMSchedulerConfig {
  /** How many timesteps the model was trained with, 1 to 1,000,000; 1000 by default. */
  readonly numTrainTimesteps: number;
  /**
   * The noise weights β of a run, from start to end, each from 0 to 1, at least two: one per step, plus the final one.
   * Null by default: computed from the number of steps.
   */
  readonly trainedBetas: readonly number[] | null;
}

/** Options of the `IPNDMScheduler` constructor. */
export type IPNDMSchedulerOptions = ConfigOptions<IPNDMSchedulerConfig>;

/** The result of {@link IPNDMScheduler.step}. */
export type IPNDMSchedulerOutput = PrevSampleOutput;

/** The weights of signal and noise at a timestep; float32 numbers. */
interface Shares {
  readonly alpha: number;
  readonly beta: number;
}

/**
 * Improved pseudo linear multistep method of fourth order, for models that predict velocities and take times from 1 to
 * 0: Liu et al. 2022 (arXiv:2202.09778) without its Runge-Kutta steps, as in crowsonkb/v-diffusion-pytorch.
 *
 * Numbers equal those of diffusers' `schedulers/scheduling_ipndm.py` on torch's CPU.
 *
 * @example
 * pipe.scheduler = IPNDMScheduler.fromConfig(pipe.scheduler.config);
 * const { images } = await pipe.generate({ numInferenceSteps: 50, seed: 0 });
 */
export class IPNDMScheduler extends SchedulerBase<IPNDMSchedulerConfig> implements Scheduler {
  /** Fields and defaults of diffusers' `schedulers/scheduling_ipndm.py`. */
  static override readonly schema: SchedulerSchema<ConfigFieldsOf<IPNDMSchedulerConfig>> =
    new SchedulerSchema("IPNDMScheduler", {
      numTrainTimesteps: timestepCountField(1000),
      trainedBetas: nullableField(
        narrowedField(
          listField(fractionField(0.5), []),
          "a list of at least two numbers from 0 to 1",
          (betas) => betas.length >= 2,
        ),
      ),
    });

  readonly noiseProcess: NoiseProcess = "times";
  /**
   * The slopes of the last steps, at most four, newest last. Cleared by `setTimesteps`; assign them to carry them over
   * to another run.
   */
  ets: readonly Tensor<"float32">[] = [];
  #shares: readonly Shares[] = [];

  constructor(options: IPNDMSchedulerOptions = {}) {
    super(options);
    this.setTimesteps({ numInferenceSteps: this.length });
  }

  /**
   * Starts a new run of `numInferenceSteps` (1 to 1,000,000) steps. If the config has `trainedBetas`, they determine
   * the number of steps instead.
   *
   * @throws InvalidArgumentError if it is not the only option, or is out of range; the current run is kept.
   */
  setTimesteps(options: SetTimestepsOptions): void {
    const subject = `${this.className}.setTimesteps`;
    requireOneOption(subject, options, ["numInferenceSteps"]);
    const count = requireTimestepCount(subject, options.numInferenceSteps);
    const betas = this.config.trainedBetas ?? sineBetas(count);
    this.#shares = Array.from(betas, Math.fround).map((beta) => ({
      beta,
      alpha: float32.sqrt(float32.sub(1, float32.square(beta))),
    }));
    const timesteps = this.#shares.slice(0, -1).map(({ alpha, beta }) => {
      const angle = Math.fround(Math.atan2(beta, alpha));
      return float32.mul(float32.div(angle, Math.fround(Math.PI)), 2);
    });
    const numInferenceSteps = count;
    this.run = new ScheduleRun(this.className, Float64Array.from(timesteps), { numInferenceSteps });
    this.ets = [];
  }

  /**
   * Takes one step, using the slopes of this step and the previous three.
   *
   * @param modelOutput - The velocity predicted by the model; float32, same shape as `sample`.
   * @param timestep - The value of `timesteps` passed to the model. Only looked up on the first step of a run.
   * @param sample - float32 [batch, channels, …]
   * @throws InvalidArgumentError if the shapes differ, the first `timestep` is not in the run, or the run is over.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    _options?: object,
  ): IPNDMSchedulerOutput {
    requireSamples(`${this.className}.step`, { modelOutput, sample, ...this.#kept() });
    const index = this.run.enter(timestep);
    const { alpha, beta } = this.#sharesAt(index);
    const next = this.#sharesAt(index + 1);
    const ets = [...this.ets, sample.mul(beta).add(modelOutput.mul(alpha))].slice(-4);
    const slope = adamsBashforth(ets);
    const original = sample.sub(slope.mul(beta)).div(Math.max(alpha, Math.fround(1e-8)));
    const prevSample = original.mul(next.alpha).add(slope.mul(next.beta));
    this.ets = ets;
    this.run.advance(index);
    return { prevSample };
  }

  /**
   * `originalSamples · α + noise · β` at the noise level of `timesteps`: values of `timesteps`, either one for the
   * whole batch or one per item. diffusers' `IPNDMScheduler` has no such method.
   *
   * @throws InvalidArgumentError if a timestep is not in the run, or the shapes do not match.
   */
  override addNoise(
    originalSamples: Tensor<"float32">,
    noise: Tensor<"float32">,
    timesteps: ArrayLike<number>,
  ): Tensor<"float32"> {
    const weights = Array.from(timesteps, (timestep) => {
      const { alpha, beta } = this.#sharesAt(this.indexForTimestep(timestep));
      return [alpha, beta] as const;
    });
    return combineItems(`${this.className}.addNoise`, { originalSamples, noise }, weights);
  }

  #sharesAt(index: number): Shares {
    return this.#shares[index] ?? { alpha: Number.NaN, beta: Number.NaN };
  }

  /** The previous slopes by name, for validation: a caller may have set them. */
  #kept(): Record<string, Tensor<"float32">> {
    return Object.fromEntries(this.ets.map((slope, index) => [`ets[${index}]`, slope]));
  }
}

/** `sin²(π/2 · t)` for `count` times descending from 1, followed by 0, in float32. */
function sineBetas(count: number): Float32Array {
  const times = float32.linspace(1, 0, count + 1);
  return times.map((time, index) => {
    if (index === count) return 0;
    const angle = float32.div(float32.mul(time, Math.fround(Math.PI)), 2);
    return float32.square(Math.fround(Math.sin(angle)));
  });
}
