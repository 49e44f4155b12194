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

/** The configuration of a `DEISMultistepScheduler`. An order above 3 is 3. */
export interface DEISMultistepSchedulerConfig extends SolverConfig {
  /** The algorithm, of which there is one. Those of DPM-Solver are taken for it, so that configs can be swapped. */
  readonly algorithmType: "deis";
  /** The variable that the solver integrates over. Those of DPM-Solver and UniPC are taken for it. */
  readonly solverType: "logrho";
}

/** Options of the `DEISMultistepScheduler` constructor. */
export type DEISMultistepSchedulerOptions = ConfigOptions<DEISMultistepSchedulerConfig>;

/** Options of {@link DEISMultistepScheduler.setTimesteps}. */
export interface DEISMultistepSetTimestepsOptions extends SetTimestepsOptions {
  /** Where the config says `useDynamicShifting`: the shift of flow matching is `e^mu`. */
  readonly mu?: number | undefined;
}

/** The result of {@link DEISMultistepScheduler.step}. */
export type DEISMultistepSchedulerOutput = PrevSampleOutput;

/**
 * Diffusion exponential integrator sampler: a multistep method along the probability flow ODE, of up to third order.
 * Zhang and Chen 2022 (arXiv:2204.13902), ρ-AB-DEIS in log ρ.
 *
 * Numbers equal those of diffusers' `schedulers/scheduling_deis_multistep.py` on torch's CPU.
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
   * Starts a new run of `numInferenceSteps` timesteps by `timestepSpacing`, or of the sigmas that the config asks for.
   *
   * @throws InvalidArgumentError if there is no such number, it is out of range, or `mu` is given where the config
   * does not ask for it; the current run is then kept.
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
   * Takes one step, by the predictions of noise of this and the last steps.
   *
   * @param modelOutput - float32, the shape of `sample`.
   * @param timestep - The value of `timesteps` that the model was given. Only the first of a run is looked up.
   * @param sample - float32 [batch, channels, …]
   * @throws InvalidArgumentError if there is no run yet, the shapes differ, the run does not have its first timestep,
   * or is over.
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

    // Lower orders at the end of a run of few steps.
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
