import type { Tensor } from "@onestep/core";
import { requireOneOption, requireSamples } from "../checks.ts";
import { aliasedEnumField } from "../config/fields.ts";
import { type ConfigFieldsOf, type ConfigOptions, SchedulerSchema } from "../config/schema.ts";
import {
  requireSolverConfig,
  requireUnconvertedFlow,
  type SolverConfig,
  solverFields,
} from "../config/solvers.ts";
import { flowShift, MultistepSolverBase } from "../multistep-solver.ts";
import { limitSample } from "../predictions.ts";
import type { PrevSampleOutput, Scheduler, SetTimestepsOptions } from "../scheduler.ts";
import { appendSigma } from "../sigmas.ts";
import { deisFirstOrderUpdate, multistepDEISUpdate } from "../solvers/deis.ts";
import { epsilonBeside, predictX0, sigmaToAlphaSigmaT } from "../solvers/dpm-solver.ts";
import { solverTimesteps } from "../timesteps.ts";

/** The configuration of a `DEISMultistepScheduler`. An order above 3 is treated as 3. */
export interface DEISMultistepSchedulerConfig extends SolverConfig {
  /** The algorithm; there is only one. DPM-Solver's algorithm types are read as this one, so configs can be swapped. */
  readonly algorithmType: "deis";
  /** The integration variable. DPM-Solver's and UniPC's solver types are read as this one. */
  readonly solverType: "logrho";
}

/** Options of the `DEISMultistepScheduler` constructor. */
export type DEISMultistepSchedulerOptions = ConfigOptions<DEISMultistepSchedulerConfig>;

/** Options of {@link DEISMultistepScheduler.setTimesteps}. */
export interface DEISMultistepSetTimestepsOptions extends SetTimestepsOptions {
  /** Sets the flow matching shift to `e^mu`. Only with `useDynamicShifting` in the config. */
  readonly mu?: number | undefined;
}

/** The result of {@link DEISMultistepScheduler.step}. */
export type DEISMultistepSchedulerOutput = PrevSampleOutput;

/**
 * Diffusion exponential integrator sampler: a multistep method along the probability flow ODE, of up to third order.
 * Zhang and Chen 2022 (arXiv:2204.13902), ρ-AB-DEIS in log ρ.
 *
 * Produces the same numbers as diffusers' `schedulers/scheduling_deis_multistep.py` on torch's CPU.
 *
 * @example
 * pipe.scheduler = DEISMultistepScheduler.fromConfig(pipe.scheduler.config);
 * const { images } = await pipe.generate({ numInferenceSteps: 20, seed: 0 });
 */
export class DEISMultistepScheduler
  extends MultistepSolverBase<DEISMultistepSchedulerConfig>
  implements Scheduler
{
  /** Fields and defaults of diffusers' `schedulers/scheduling_deis_multistep.py`. */
  static override readonly schema: SchedulerSchema<ConfigFieldsOf<DEISMultistepSchedulerConfig>> =
    new SchedulerSchema(
      "DEISMultistepScheduler",
      {
        ...solverFields(),
        algorithmType: aliasedEnumField(["deis"], "deis", { dpmsolver: "deis", "dpmsolver++": "deis" }),
        solverType: aliasedEnumField(["logrho"], "logrho", {
          midpoint: "logrho",
          heun: "logrho",
          bh1: "logrho",
          bh2: "logrho",
        }),
      },
      (subject, config) => {
        requireSolverConfig(subject, config);
        requireUnconvertedFlow(subject, config);
      },
    );

  /**
   * Starts a new run of `numInferenceSteps` timesteps, spaced according to `timestepSpacing` or to the sigmas chosen in
   * the config.
   *
   * @throws InvalidArgumentError if `numInferenceSteps` is missing, out of range, or combined with `timesteps`, or if
   * `mu` is given but the config does not use it; the current run is kept.
   */
  setTimesteps(options: DEISMultistepSetTimestepsOptions): void {
    const subject = `${this.className}.setTimesteps`;
    const { mu, ...request } = options ?? {};
    requireOneOption(subject, request, ["numInferenceSteps"]);
    const shift = flowShift(subject, this.config, mu);
    const { timesteps, sigmas } = this.createSchedule(subject, request, shift, () =>
      solverTimesteps(subject, request.numInferenceSteps, this.config),
    );
    const sigmaLast = this.hasOwnSigmas ? sigmas.at(-1) : this.trainSigmas[0];
    this.beginRun(timesteps, appendSigma(sigmas, sigmaLast ?? Number.NaN));
  }

  /**
   * Takes one step, using the noise predictions of this step and the previous ones.
   *
   * @param modelOutput - float32, the shape of `sample`.
   * @param timestep - The value from `timesteps` passed to the model. Only the first step of a run looks it up.
   * @param sample - float32 [batch, channels, …]
   * @throws InvalidArgumentError if there is no run yet, the shapes differ, the first `timestep` is not in the run, or
   * the run is over.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    _options?: object,
  ): DEISMultistepSchedulerOutput {
    requireSamples(`${this.className}.step`, { modelOutput, sample });
    this.run.requireStarted();
    const stepIndex = this.run.enter(timestep);
    const pointAt = (index: number) => sigmaToAlphaSigmaT(this.run.sigmaAt(index), this.config.useFlowSigmas);

    const sigma = this.run.sigmaAt(stepIndex);
    const { predictionType, solverOrder, lowerOrderFinal } = this.config;
    const x0 = predictX0(predictionType, modelOutput, sample, pointAt(stepIndex), sigma);
    const epsilon = epsilonBeside(limitSample(x0, this.config), sample, pointAt(stepIndex));
    const modelOutputs = [...this.modelOutputs, epsilon].slice(-solverOrder);

    // Lower the order at the end of a short run.
    const left = this.timesteps.length - stepIndex;
    const highest = Math.min(modelOutputs.length, 3);
    const order = lowerOrderFinal && this.timesteps.length < 15 ? Math.min(highest, left) : highest;
    const [t, s0] = [pointAt(stepIndex + 1), pointAt(stepIndex)];
    const older = Array.from({ length: order - 1 }, (_, k) => pointAt(stepIndex - 1 - k));
    const prevSample =
      order === 1
        ? deisFirstOrderUpdate(epsilon, sample, [t, s0])
        : multistepDEISUpdate(modelOutputs.slice(-order).reverse(), sample, [t, s0, ...older]);
    this.modelOutputs = modelOutputs;
    this.run.advance(stepIndex);
    return { prevSample };
  }
}
