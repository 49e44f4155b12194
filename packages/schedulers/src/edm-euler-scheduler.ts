import { type Config, type PythonJson, randnTensor, type Tensor } from "@onestep/core";
import type { PushComponentOptions, UploadReport } from "@onestep/hub";
import { pushSchedulerConfig } from "./config/push-scheduler-config.ts";
import {
  readSchedulerDocument,
  type SchedulerFromPretrainedOptions,
  type SchedulerSource,
} from "./config/read-scheduler-document.ts";
import { saveSchedulerConfig } from "./config/save-scheduler-config.ts";
import { requireSigmaOrder } from "./config/scheduler-config.ts";
import {
  createEDMEulerConfig,
  type EDMEulerSchedulerConfig,
  type EDMEulerSchedulerOptions,
  readEDMEulerConfig,
} from "./edm-euler-scheduler-config.ts";
import { type ChurnOptions, chooseGamma } from "./run/choose-gamma.ts";
import { findTimestepIndex } from "./run/find-timestep-index.ts";
import { requireSamples } from "./run/require-samples.ts";
import { ScaledInputReminder } from "./run/scaled-input-reminder.ts";
import { SigmaRun } from "./run/sigma-run.ts";
import type { Scheduler, StepOptions } from "./scheduler.ts";
import { appendSigma } from "./sigmas/append-sigma.ts";
import { exponentialSigmas } from "./sigmas/exponential-sigmas.ts";
import { karrasSigmas } from "./sigmas/karras-sigmas.ts";
import { outputScaling, sampleDeviation, skipScaling } from "./sigmas/preconditioning.ts";
import { requireFinite } from "./sigmas/require-finite.ts";
import { requireOneOption } from "./sigmas/require-one-option.ts";
import { requireSequence, type SequenceRule } from "./sigmas/require-sequence.ts";
import { requireTimestepCount } from "./sigmas/timestep-count.ts";
import { unitRamp } from "./sigmas/unit-ramp.ts";

const className = "EDMEulerScheduler";

const noiseLevelRule: SequenceRule = {
  expected: "noise levels above 0, each once, the highest first",
  accepts: (value, previous = Number.POSITIVE_INFINITY) => value > 0 && value < previous,
};

const rampRule: SequenceRule = {
  expected: "positions from 0 to 1, each once, the lowest first",
  accepts: (value, previous = -1) => value >= 0 && value <= 1 && value > previous,
};

/** What {@link EDMEulerScheduler.setTimesteps} takes: exactly one of the three. */
export interface EDMEulerSetTimestepsOptions {
  /** How many steps, 1 to 1,000,000. */
  readonly numInferenceSteps?: number | undefined;
  /** The noise levels to go through, each above 0, descending. The level that the run ends at is added. */
  readonly sigmas?: readonly number[] | undefined;
  /**
   * Positions on the schedule, ascending, from 0 (`sigmaMax`) to 1 (`sigmaMin`): what diffusers takes its `sigmas` for.
   * An exponential schedule heeds only how many there are, as in diffusers.
   */
  readonly ramp?: readonly number[] | undefined;
  /** Refused: the timesteps of this scheduler have no numbers. */
  readonly timesteps?: undefined;
}

/** Options of {@link EDMEulerScheduler.step}. */
export interface EDMEulerStepOptions extends StepOptions, ChurnOptions {
  /** The prediction of the clean sample, where it is known already. */
  readonly predOriginalSample?: Tensor<"float32"> | undefined;
}

/** What {@link EDMEulerScheduler.step} returns. */
export interface EDMEulerSchedulerOutput {
  /** The sample for the next step, float32, same shape as the sample that went in. */
  readonly prevSample: Tensor<"float32">;
  /** The prediction of the clean sample. */
  readonly predOriginalSample: Tensor<"float32">;
}

/**
 * Euler steps along the probability flow of EDM: algorithm 2 of Karras et al. 2022, "Elucidating the Design Space of
 * Diffusion-Based Generative Models" (arXiv:2206.00364), without its second-order correction.
 *
 * Numbers equal those of diffusers' `schedulers/scheduling_edm_euler.py` on torch's CPU. Two things are more than
 * diffusers has: `timestepScale`, without which a UNet of the consistency model family is given timesteps a thousand
 * times too small, and `sigmas` that mean noise levels.
 */
export class EDMEulerScheduler implements Scheduler {
  /** The name of the class in diffusers' files. */
  static readonly className: string = className;

  readonly config: Config<EDMEulerSchedulerConfig>;
  readonly order: number = 1;
  readonly #reminder = new ScaledInputReminder();
  #run: SigmaRun;
  #numInferenceSteps: number | undefined;

  /**
   * @param options - Fields of the config; those left out have their defaults.
   * @throws InvalidArgumentError where an option is unknown or out of range.
   * @throws InvalidConfigError where `sigmaMin` is above `sigmaMax`.
   */
  constructor(options: EDMEulerSchedulerOptions = {}) {
    this.config = createEDMEulerConfig(options);
    requireSigmaOrder(className, this.config);
    this.#run = this.#createRun(this.#sigmasAt(unitRamp(this.config.numTrainTimesteps + 1)));
  }

  /**
   * A scheduler with the config of another, of this class or another. That of a `CMStochasticIterativeScheduler`
   * brings a `timestepScale` of 1000 with it, so that swapping the scheduler of a consistency model works.
   *
   * @param config - The `config` of a scheduler, or the content of a `scheduler_config.json`.
   * @param options - Fields that replace those of `config`.
   * @throws InvalidArgumentError where an option is unknown or out of range.
   * @throws InvalidConfigError where a field of the file's content is, or `sigmaMin` is above `sigmaMax`.
   */
  static fromConfig(config: object, options: EDMEulerSchedulerOptions = {}): EDMEulerScheduler {
    return new EDMEulerScheduler(createEDMEulerConfig(config, options));
  }

  /**
   * A scheduler from the content of a `scheduler_config.json`, whichever class saved it; see {@link fromConfig}.
   * Entries that are not fields are kept for saving.
   *
   * @param source - Names the file in messages.
   * @throws InvalidConfigError where the document is not an object, or a field is out of range.
   */
  static fromJson(document: PythonJson, source: string): EDMEulerScheduler {
    const config = readEDMEulerConfig(document, source);
    requireSigmaOrder(source, config);
    return new EDMEulerScheduler(config);
  }

  /**
   * Loads the scheduler of a repository, whichever class saved it; see {@link fromConfig}.
   *
   * @param source - A Hub id, a folder, a URL of a folder, or an open repository.
   * @throws SchedulerConfigNotFoundError where the repository has no `scheduler_config.json`.
   * @throws InvalidConfigError where that file is wrong.
   */
  static async fromPretrained(
    source: SchedulerSource,
    options: SchedulerFromPretrainedOptions = {},
  ): Promise<EDMEulerScheduler> {
    const { document, name } = await readSchedulerDocument(source, options);
    return EDMEulerScheduler.fromJson(document, name);
  }

  /** `√(σ_max² + 1)`: what unit-variance noise is multiplied with to become the first sample. */
  get initNoiseSigma(): number {
    return Math.sqrt(this.config.sigmaMax * this.config.sigmaMax + 1);
  }

  /**
   * `timestepScale · 0.25 · ln σ` for each noise level of the run, in order, each a float32 number. Before
   * {@link setTimesteps}: for `numTrainTimesteps` + 1 levels.
   */
  get timesteps(): Float64Array {
    return this.#run.timesteps;
  }

  /** The noise levels in float32: one for each timestep, and the one that the run ends at. */
  get sigmas(): Float32Array | Float64Array {
    return this.#run.sigmas;
  }

  get stepIndex(): number | undefined {
    return this.#run.stepIndex;
  }

  get beginIndex(): number | undefined {
    return this.#run.beginIndex;
  }

  /** `numTrainTimesteps`. */
  get length(): number {
    return this.config.numTrainTimesteps;
  }

  /** The `numInferenceSteps` of the run; `undefined` before {@link setTimesteps} and where levels were given. */
  get numInferenceSteps(): number | undefined {
    return this.#numInferenceSteps;
  }

  /** Whether {@link scaleModelInput} was ever called; {@link setTimesteps} does not reset it. */
  get isScaleInputCalled(): boolean {
    return this.#reminder.isCalled;
  }

  /**
   * Makes the run begin with this index. {@link setTimesteps} undoes it.
   *
   * @throws InvalidArgumentError where it is not an index into `timesteps`.
   */
  setBeginIndex(beginIndex = 0): void {
    this.#run.setBeginIndex(beginIndex);
  }

  /**
   * Begins a new run, of `numInferenceSteps` (1 to 1,000,000) noise levels or of those given.
   *
   * @throws InvalidArgumentError where not exactly one option is given, or it breaks its rule; the run is then as it
   * was.
   */
  setTimesteps(options: EDMEulerSetTimestepsOptions): void {
    this.#run = this.#createRun(this.#chooseSigmas(options));
    this.#numInferenceSteps = options.numInferenceSteps;
  }

  /**
   * The model's input, {@link preconditionInputs} at the noise level of the step to take. Begins the run at
   * `timestep`; does not advance it.
   *
   * @throws InvalidArgumentError where the run is to begin at a timestep that it does not have, or is over.
   */
  scaleModelInput(sample: Tensor<"float32">, timestep: number): Tensor<"float32"> {
    requireSamples(`${className}.scaleModelInput`, { sample });
    const sigma = this.#run.sigmaAt(this.#run.enter(timestep));
    this.#reminder.noteCall();
    return this.preconditionInputs(sample, sigma);
  }

  /**
   * Takes one step: noise up to `σ̂ = σ · (1 + γ)` where there is churn, then along the slope
   * `(x − D(x, σ̂)) / σ̂` to the next level, D being {@link preconditionOutputs}. Noise is drawn only where γ > 0.
   *
   * @param modelOutput - float32, the shape of `sample`.
   * @param timestep - The value of `timesteps` that the model was given. Only the first of a run is looked up.
   * @param sample - x: what went into {@link scaleModelInput}, not what came out.
   * @throws InvalidArgumentError where the shapes differ, `timestep` is an index, the run is to begin at a timestep
   * that it does not have, or is over, or an option is out of range.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options: EDMEulerStepOptions = {},
  ): EDMEulerSchedulerOutput {
    const { predOriginalSample: known } = options;
    requireSamples(`${className}.step`, {
      modelOutput,
      sample,
      ...(known === undefined ? {} : { predOriginalSample: known }),
    });
    this.#run.refuseIndex(timestep);
    const index = this.#run.enter(timestep);
    this.#reminder.remind();

    const sigma = this.#run.sigmaAt(index);
    const gamma = chooseGamma(`${className}.step`, sigma, this.timesteps.length, options);
    const sigmaHat = Math.fround(sigma * Math.fround(gamma + 1));
    let noisySample = sample;
    if (gamma > 0) {
      const noise = randnTensor(modelOutput.shape, options.generator).mul(options.sNoise ?? 1);
      const variance = Math.fround(Math.fround(sigmaHat * sigmaHat) - Math.fround(sigma * sigma));
      noisySample = sample.add(noise.mul(Math.fround(Math.sqrt(variance))));
    }
    const predOriginalSample = known ?? this.preconditionOutputs(noisySample, modelOutput, sigmaHat);
    const derivative = noisySample.sub(predOriginalSample).div(sigmaHat);
    const prevSample = noisySample.add(derivative.mul(Math.fround(this.#run.sigmaAt(index + 1) - sigmaHat)));
    this.#run.advance();
    return { prevSample, predOriginalSample };
  }

  /**
   * `originalSamples + noise · σ`, σ the noise level of `timesteps`: values of `timesteps`, one for all items of the
   * batch or one each. After {@link setBeginIndex} it is the level of the step that the run has come to instead.
   *
   * @throws InvalidArgumentError where a timestep is not one of the run, or the shapes do not fit.
   */
  addNoise(
    originalSamples: Tensor<"float32">,
    noise: Tensor<"float32">,
    timesteps: ArrayLike<number>,
  ): Tensor<"float32"> {
    return this.#run.addNoise(originalSamples, noise, timesteps);
  }

  /** `c_in(σ) · x` with `c_in = 1 / √(σ² + σ_data²)` (EDM, table 1), in float32. */
  preconditionInputs(sample: Tensor<"float32">, sigma: number): Tensor<"float32"> {
    const deviation = sampleDeviation(Math.fround(sigma), this.config.sigmaData, Math.fround);
    return sample.mul(Math.fround(1 / deviation));
  }

  /** `c_noise(σ) = 0.25 · ln σ` (EDM, table 1), in float32, not scaled. */
  preconditionNoise(sigma: number): number {
    return Math.fround(0.25 * Math.fround(Math.log(Math.fround(sigma))));
  }

  /**
   * The prediction of the clean sample, `D(x, σ) = c_skip(σ) · x + c_out(σ) · F` (EDM, equation 7 and table 1), in
   * float32. For `"v_prediction"` c_out has the opposite sign.
   */
  preconditionOutputs(
    sample: Tensor<"float32">,
    modelOutput: Tensor<"float32">,
    sigma: number,
  ): Tensor<"float32"> {
    const { sigmaData, predictionType } = this.config;
    const level = Math.fround(sigma);
    const sign = predictionType === "epsilon" ? 1 : -1;
    const cSkip = skipScaling(level, sigmaData, Math.fround);
    const cOut = sign * outputScaling(level, level, sigmaData, Math.fround);
    return sample.mul(cSkip).add(modelOutput.mul(cOut));
  }

  /**
   * Where `timestep` stands in `timesteps`, or in `scheduleTimesteps` where given; the second place where it stands
   * there more than once.
   *
   * @throws InvalidArgumentError where it is not among them.
   */
  indexForTimestep(timestep: number, scheduleTimesteps: ArrayLike<number> = this.timesteps): number {
    return findTimestepIndex(className, timestep, scheduleTimesteps);
  }

  clone(): EDMEulerScheduler {
    return new EDMEulerScheduler(this.config);
  }

  /**
   * Writes `scheduler_config.json` into a folder, byte for byte as diffusers does; a `timestepScale` other than 1 is
   * one entry more, which diffusers keeps and does not use. The folder is made where there is none.
   *
   * @throws FileWriteError where `directory` is a file, or cannot be written to; UnsupportedError in a browser.
   */
  async savePretrained(directory: string | URL): Promise<void> {
    await saveSchedulerConfig(this.config, directory);
  }

  /**
   * Uploads `scheduler_config.json` to a repository of the Hub, which is made where there is none; diffusers'
   * `push_to_hub`.
   *
   * @param repositoryId - `owner/name`; a name alone is of the one that the token belongs to.
   * @throws InvalidArgumentError where the id or an option is wrong.
   * @throws HubError where the Hub cannot be reached, or does not take it; see `uploadFiles` of `@onestep/hub`.
   * @throws UnsupportedError in a browser.
   */
  async pushToHub(repositoryId: string, options: PushComponentOptions = {}): Promise<UploadReport> {
    return pushSchedulerConfig(this.config, repositoryId, options);
  }

  #chooseSigmas(options: EDMEulerSetTimestepsOptions): Float32Array {
    requireOneOption(`${className}.setTimesteps`, options, ["numInferenceSteps", "sigmas", "ramp"]);
    const { numInferenceSteps, sigmas, ramp } = options;
    if (sigmas !== undefined) {
      return Float32Array.from(requireSequence(`${className}.setTimesteps: sigmas`, sigmas, noiseLevelRule));
    }
    if (ramp !== undefined) {
      return this.#sigmasAt(requireSequence(`${className}.setTimesteps: ramp`, ramp, rampRule));
    }
    return this.#sigmasAt(unitRamp(requireTimestepCount(`${className}.setTimesteps`, numInferenceSteps)));
  }

  #createRun(sigmas: Float32Array): SigmaRun {
    const { timestepScale, finalSigmasType } = this.config;
    const timesteps = Float64Array.from(sigmas, (sigma) =>
      Math.fround(timestepScale * this.preconditionNoise(sigma)),
    );
    requireFinite(`${className}: sigmas`, sigmas);
    requireFinite(`${className}: timesteps`, timesteps);
    const lastSigma = finalSigmasType === "zero" ? 0 : (sigmas.at(-1) ?? 0);
    return new SigmaRun(className, timesteps, appendSigma(sigmas, lastSigma));
  }

  #sigmasAt(ramp: Float64Array): Float32Array {
    return this.config.sigmaSchedule === "karras"
      ? Float32Array.from(karrasSigmas(ramp, this.config))
      : exponentialSigmas(ramp.length, this.config);
  }
}
