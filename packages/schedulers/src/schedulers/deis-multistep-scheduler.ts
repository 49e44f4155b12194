import type { Tensor } from "@onestep/core";
import { requireOneOption, requireSamples, requireTimestepCount } from "../checks.ts";
import { karrasDiffusionSchedulers } from "../config/compatibles.ts";
import { aliasedEnumField } from "../config/fields.ts";
import { type ConfigFieldsOf, type ConfigOptions, SchedulerSchema } from "../config/schema.ts";
import {
  requireSolverConfig,
  requireUnconvertedFlow,
  type SolverConfig,
  solverFields,
} from "../config/solvers.ts";
import * as float32 from "../float32.ts";
import { chooseFlowShift } from "../multistep-solver.ts";
import type { NoiseProcess } from "../noise-process.ts";
import { limitSample, noiseBesideSignal, originalFromSignal } from "../predictions.ts";
import type { Scheduler, SetTimestepsOptions } from "../scheduler.ts";
import { appendSigma, evenFlowSigmas, interpolateSigmas, isConverted, shiftFlowSigmas } from "../sigmas.ts";
import { type SolverSchedule, SolverSchedulerBase } from "../solver-scheduler-base.ts";
import { deisWeights } from "../solvers/linear-multistep.ts";
import { solverTimesteps } from "../timesteps.ts";

const className = "DEISMultistepScheduler";

/** The configuration of a `DEISMultistepScheduler`. An order above 3 is 3. */
export interface DEISMultistepSchedulerConfig extends SolverConfig {
  /** The algorithm, of which there is one. Those of DPM-Solver are taken for it, so that configs can be swapped. */
  readonly algorithmType: "deis";
  /** The variable that the solver integrates over. Those of DPM-Solver and UniPC are taken for it. */
  readonly solverType: "logrho";
}

/** What the constructor of a `DEISMultistepScheduler` takes. */
export type DEISMultistepSchedulerOptions = ConfigOptions<DEISMultistepSchedulerConfig>;

/** What {@link DEISMultistepScheduler.setTimesteps} takes. */
export interface DEISMultistepSetTimestepsOptions extends SetTimestepsOptions {
  /** Where the config says `useDynamicShifting`: the shift of flow matching is `e^mu`. */
  readonly mu?: number | undefined;
}

/** What {@link DEISMultistepScheduler.step} returns. */
export interface DEISMultistepSchedulerOutput {
  /** The sample for the next step, float32, same shape as the sample that went in. */
  readonly prevSample: Tensor<"float32">;
}

/**
 * Diffusion exponential integrator sampler: a multistep method along the probability flow, of up to third order. Zhang
 * and Chen 2022 (arXiv:2204.13902), ρ-AB-DEIS in log ρ.
 *
 * Numbers equal those of diffusers' `schedulers/scheduling_deis_multistep.py` on torch's CPU.
 */
export class DEISMultistepScheduler
  extends SolverSchedulerBase<DEISMultistepSchedulerConfig>
  implements Scheduler
{
  /** The name of the class in diffusers' files. */
  static readonly className: string = className;

  /** The noise process that it undoes. */
  readonly noiseProcess: NoiseProcess = "betas";

  /** The names of the classes that its config can be given to. */
  static readonly compatibles: readonly string[] = karrasDiffusionSchedulers;

  /** Fields and defaults of diffusers' `schedulers/scheduling_deis_multistep.py`. */
  static readonly schema: SchedulerSchema<ConfigFieldsOf<DEISMultistepSchedulerConfig>> = new SchedulerSchema(
    className,
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

  /** The predictions of noise of the last steps, the newest first, at most as many as the order. */
  #noises: readonly Tensor<"float32">[] = [];

  /**
   * @param options - Fields of the config; those left out have their defaults.
   * @throws InvalidArgumentError where an option is unknown or out of range.
   * @throws InvalidConfigError where options contradict each other.
   */
  constructor(options: DEISMultistepSchedulerOptions = {}) {
    super(className, DEISMultistepScheduler.schema.fromConfig(options));
  }

  /**
   * Begins a new run, of `numInferenceSteps` timesteps spread by `timestepSpacing` or as the config spreads the noise
   * levels.
   *
   * @throws InvalidArgumentError where there is no such number, it is out of range, or `mu` is given where the config
   * does not ask for it; the run is then as it was.
   */
  setTimesteps(options: DEISMultistepSetTimestepsOptions): void {
    const subject = `${className}.setTimesteps`;
    const { mu, ...rest } = options ?? {};
    requireOneOption(subject, rest, ["numInferenceSteps"]);
    const shift = chooseFlowShift(subject, this.config, mu);
    const { timesteps, sigmas } = this.#createSchedule(subject, rest.numInferenceSteps, shift);
    const isSpread = isConverted(this.config) || this.config.useFlowSigmas;
    const lastSigma = isSpread ? sigmas.at(-1) : this.trainSigmas[0];
    this.beginRun(timesteps, appendSigma(sigmas, lastSigma ?? Number.NaN));
    this.#noises = [];
  }

  /**
   * Takes one step, by the predictions of noise of this and the last steps.
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
  ): DEISMultistepSchedulerOutput {
    requireSamples(`${className}.step`, { modelOutput, sample });
    const index = this.enterRun(timestep);
    const sigma = this.run.sigmaAt(index);
    const at = this.signalAndNoise(sigma);
    const predicted = originalFromSignal(this.config.predictionType, sample, modelOutput, at, sigma);
    const noise = noiseBesideSignal(limitSample(predicted, this.config), sample, at);
    const noises = [noise, ...this.#noises].slice(0, this.config.solverOrder);
    const prevSample = this.#integrate(sample, index, noises.slice(0, this.#orderAt(index, noises.length)));
    this.#noises = noises;
    this.run.advance();
    return { prevSample };
  }

  clone(): DEISMultistepScheduler {
    return new DEISMultistepScheduler(this.config);
  }

  /** The order of a step: lower where there are too few predictions, and at the end of a short run. */
  #orderAt(index: number, known: number): number {
    const count = this.timesteps.length;
    const isShort = this.config.lowerOrderFinal && count < 15;
    const highest = Math.min(this.config.solverOrder, known, 3);
    return isShort ? Math.min(highest, count - index) : highest;
  }

  /** @param noises - As many as the order of the step, the newest first. */
  #integrate(
    sample: Tensor<"float32">,
    index: number,
    noises: readonly Tensor<"float32">[],
  ): Tensor<"float32"> {
    const order = noises.length;
    const next = this.signalAndNoise(this.run.sigmaAt(index + 1));
    const past = Array.from({ length: order }, (_, place) =>
      this.signalAndNoise(this.run.sigmaAt(index - place)),
    );
    const [current = next] = past;
    const [newest] = noises as [Tensor<"float32">];
    if (order === 1) {
      const growth = float32.sub(float32.exp(float32.sub(next.logRatio, current.logRatio)), 1);
      return sample
        .mul(float32.div(next.signal, current.signal))
        .sub(newest.mul(float32.mul(next.noise, growth)));
    }
    const ratioOf = ({ noise, signal }: typeof next) => float32.div(noise, signal);
    const weights = deisWeights(ratioOf(next), past.map(ratioOf));
    return noises
      .reduce(
        (sum, noise, place) => sum.add(noise.mul(weights[place] ?? Number.NaN)),
        sample.div(current.signal),
      )
      .mul(next.signal);
  }

  #createSchedule(subject: string, numInferenceSteps: number | undefined, shift: number): SolverSchedule {
    const isSpread = isConverted(this.config) || this.config.useFlowSigmas;
    if (!isSpread) {
      const timesteps = solverTimesteps(subject, numInferenceSteps, this.config);
      return { timesteps, sigmas: interpolateSigmas(timesteps, this.trainSigmas) };
    }
    const count = requireTimestepCount(subject, numInferenceSteps);
    const converted = this.convertedSchedule(count);
    if (converted !== undefined) return converted;
    const sigmas = shiftFlowSigmas(evenFlowSigmas(count, this.length), shift);
    return { sigmas, timesteps: sigmas.map((sigma) => sigma * this.length) };
  }
}
