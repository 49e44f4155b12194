import { InvalidConfigError, randnTensor, type Tensor } from "@onestep/core";
import { requireOneOption, requireSamples, requireTimestepCount } from "../checks.ts";
import { type EDMConfig, EDMSchema, edmFields } from "../config/edm.ts";
import { aliasedEnumField, truthField } from "../config/fields.ts";
import type { ConfigFieldsOf, ConfigOptions } from "../config/schema.ts";
import { dpmSolverTypeField, solverOrderField } from "../config/solvers.ts";
import { EDMSchedulerBase } from "../edm.ts";
import * as float32 from "../float32.ts";
import { limitSample, type ThresholdingConfig, thresholdingFields } from "../predictions.ts";
import type { PrevSampleOutput, Scheduler, SetTimestepsOptions, StepOptions } from "../scheduler.ts";
import { appendSigma, exponentialSigmas, karrasSigmasFloat32 } from "../sigmas.ts";
import { addsNoise, multistepDPMSolverUpdate, type SchedulePoint } from "../solvers/dpm-solver.ts";

/** The configuration of an `EDMDPMSolverMultistepScheduler`. An order above 3 is treated as 3. */
export interface EDMDPMSolverMultistepSchedulerConfig extends EDMConfig, ThresholdingConfig {
  /** The order of the solver: the number of model outputs a step uses, 1 to 10; 2 by default. */
  readonly solverOrder: number;
  /** The algorithm: `"dpmsolver++"` by default; `"sde-dpmsolver++"` adds fresh noise in each step. */
  readonly algorithmType: "dpmsolver++" | "sde-dpmsolver++";
  /** The second-order variant; `"midpoint"` by default. DEIS's and UniPC's solver types are read as `"midpoint"`. */
  readonly solverType: "midpoint" | "heun";
  /** Whether to lower the order of the last steps, which makes short runs stable; true by default. */
  readonly lowerOrderFinal: boolean;
  /** Whether the last step is an Euler step; false by default. */
  readonly eulerAtFinal: boolean;
}

/** Options of the `EDMDPMSolverMultistepScheduler` constructor. */
export type EDMDPMSolverMultistepSchedulerOptions = ConfigOptions<EDMDPMSolverMultistepSchedulerConfig>;

/** The result of {@link EDMDPMSolverMultistepScheduler.step}. */
export type EDMDPMSolverMultistepSchedulerOutput = PrevSampleOutput;

/**
 * DPM-Solver++ for EDM models: a multistep method along the probability flow ODE, of up to third order, or along the
 * diffusion SDE, with fresh noise. Lu et al. 2022 (arXiv:2211.01095).
 *
 * Produces the same numbers as diffusers' `schedulers/scheduling_edm_dpmsolver_multistep.py` on torch's CPU.
 * `timestepScale` is not in diffusers: without it, UNets of the consistency model family get timesteps a thousand times
 * too small.
 *
 * @example
 * pipe.scheduler = EDMDPMSolverMultistepScheduler.fromConfig(pipe.scheduler.config);
 * const { images } = await pipe.generate({ numInferenceSteps: 18, seed: 0 });
 */
export class EDMDPMSolverMultistepScheduler
  extends EDMSchedulerBase<EDMDPMSolverMultistepSchedulerConfig>
  implements Scheduler
{
  /** Fields and defaults of diffusers' `schedulers/scheduling_edm_dpmsolver_multistep.py`, and `timestepScale`. */
  static override readonly schema: EDMSchema<ConfigFieldsOf<EDMDPMSolverMultistepSchedulerConfig>> =
    new EDMSchema(
      "EDMDPMSolverMultistepScheduler",
      {
        ...edmFields(),
        ...thresholdingFields(),
        solverOrder: solverOrderField(),
        algorithmType: aliasedEnumField(["dpmsolver++", "sde-dpmsolver++"], "dpmsolver++", {
          deis: "dpmsolver++",
        }),
        solverType: dpmSolverTypeField(),
        lowerOrderFinal: truthField(true),
        eulerAtFinal: truthField(false),
      },
      requireKnownOrder,
    );

  /** The clean-sample predictions of the last steps, newest last; at most as many as the order. */
  #modelOutputs: readonly Tensor<"float32">[] = [];

  constructor(options: EDMDPMSolverMultistepSchedulerOptions = {}) {
    super(options);
    this.beginRun(appendSigma(this.#sigmasOf(this.length), 0));
  }

  /** `√(σ_max² + 1)`: the standard deviation of the initial noise. */
  override get initNoiseSigma(): number {
    return Math.sqrt(this.config.sigmaMax * this.config.sigmaMax + 1);
  }

  /**
   * Starts a new run of `numInferenceSteps` (1 to 1,000,000) noise levels.
   *
   * @throws InvalidArgumentError if `numInferenceSteps` is missing, out of range, or combined with another option; the
   * current run is kept.
   */
  override setTimesteps(options: SetTimestepsOptions): void {
    const subject = `${this.className}.setTimesteps`;
    requireOneOption(subject, options, ["numInferenceSteps"]);
    const count = requireTimestepCount(subject, options.numInferenceSteps);
    const { finalSigmasType, sigmaMin } = this.config;
    this.beginRun(appendSigma(this.#sigmasOf(count), finalSigmasType === "zero" ? 0 : sigmaMin), count);
    this.#modelOutputs = [];
  }

  /**
   * Takes one step, using the predictions of this step and the previous ones.
   *
   * @param modelOutput - float32, the shape of `sample`.
   * @param timestep - The value from `timesteps` passed to the model. Only the first step of a run looks it up.
   * @param sample - The input of {@link scaleModelInput}, not its output.
   * @throws InvalidArgumentError if there is no run yet, the shapes differ, the first `timestep` is not in the run, or
   * the run is over.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options: StepOptions = {},
  ): EDMDPMSolverMultistepSchedulerOutput {
    requireSamples(`${this.className}.step`, { modelOutput, sample });
    this.run.requireStarted();
    const stepIndex = this.run.enter(timestep);
    this.reminder.remind();
    const predicted = this.preconditionOutputs(sample, modelOutput, this.run.sigmaAt(stepIndex));
    const { algorithmType, solverOrder, thresholding } = this.config;
    const x0 = thresholding ? limitSample(predicted, this.config) : predicted;
    const modelOutputs = [...this.#modelOutputs, x0].slice(-solverOrder);
    const noise = addsNoise(algorithmType) ? randnTensor(sample.shape, options.generator) : undefined;
    const place = [stepIndex, this.run.timesteps.length] as const;
    const pointAt = (index: number) => pointOf(this.run.sigmaAt(index));
    const prevSample = multistepDPMSolverUpdate(this.config, modelOutputs, sample, place, pointAt, noise);
    this.#modelOutputs = modelOutputs;
    this.run.advance(stepIndex);
    return { prevSample };
  }

  #sigmasOf(count: number): Float32Array {
    return this.config.sigmaSchedule === "karras"
      ? karrasSigmasFloat32(count, this.config)
      : exponentialSigmas(count, this.config);
  }
}

/** α_t is 1 because the signal is not scaled. */
function pointOf(sigma: number): SchedulePoint {
  return { alpha: 1, sigma, lambda: -float32.log(sigma) };
}

/** diffusers has no third-order update with fresh noise here. */
function requireKnownOrder(subject: string, config: EDMDPMSolverMultistepSchedulerConfig): void {
  if (config.algorithmType !== "sde-dpmsolver++" || config.solverOrder < 3) return;
  throw new InvalidConfigError({
    subject,
    found: `solver_order ${config.solverOrder} with algorithm_type sde-dpmsolver++`,
    expected: "an order of 1 or 2 with that algorithm",
    remedy: "Set it to 2, or the algorithm to dpmsolver++.",
  });
}
