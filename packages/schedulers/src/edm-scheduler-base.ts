import type { Config, Tensor } from "@onestep/core";
import type { EDMConfig } from "./config/edm-config.ts";
import { addNoise } from "./run/add-noise.ts";
import { findTimestepIndex } from "./run/find-timestep-index.ts";
import { requireSamples } from "./run/require-samples.ts";
import { ScaledInputReminder } from "./run/scaled-input-reminder.ts";
import { SigmaRun } from "./run/sigma-run.ts";
import { SchedulerBase } from "./scheduler-base.ts";
import { outputScaling, sampleDeviation, skipScaling } from "./sigmas/preconditioning.ts";
import { requireFinite } from "./sigmas/require-finite.ts";

/**
 * What the schedulers of EDM models share: noise levels from `sigmaMax` down to `sigmaMin` in place of betas, and the
 * preconditioning of Karras et al. 2022 (arXiv:2206.00364), table 1.
 */
export abstract class EDMSchedulerBase<Values extends EDMConfig> extends SchedulerBase<Values> {
  readonly order: number = 1;
  protected readonly reminder: ScaledInputReminder = new ScaledInputReminder();
  /** The run that {@link beginRun} began. */
  protected run: SigmaRun;
  /** The name of the class, for messages. */
  protected readonly className: string;
  #numInferenceSteps: number | undefined;

  /** @param config - Made by the schema of the class, which has to begin a first run. */
  protected constructor(className: string, config: Config<Values>) {
    super(config);
    this.className = className;
    this.run = new SigmaRun(className, new Float64Array(), new Float32Array());
  }

  /** `√(σ_max² + 1)`: what unit-variance noise is multiplied with to become the first sample. */
  get initNoiseSigma(): number {
    return Math.sqrt(this.config.sigmaMax * this.config.sigmaMax + 1);
  }

  /** `timestepScale · 0.25 · ln σ` for each noise level of the run, in order, each a float32 number. */
  get timesteps(): Float64Array {
    return this.run.timesteps;
  }

  /** The noise levels in float32: one for each timestep, and the one that the run ends at. */
  get sigmas(): Float32Array | Float64Array {
    return this.run.sigmas;
  }

  get stepIndex(): number | undefined {
    return this.run.stepIndex;
  }

  get beginIndex(): number | undefined {
    return this.run.beginIndex;
  }

  /** `numTrainTimesteps`. */
  get length(): number {
    return this.config.numTrainTimesteps;
  }

  /** The `numInferenceSteps` of the run; `undefined` before `setTimesteps` and where levels were given. */
  get numInferenceSteps(): number | undefined {
    return this.#numInferenceSteps;
  }

  /** Whether {@link scaleModelInput} was ever called; `setTimesteps` does not reset it. */
  get isScaleInputCalled(): boolean {
    return this.reminder.isCalled;
  }

  /**
   * Makes the run begin with this index. `setTimesteps` undoes it.
   *
   * @throws InvalidArgumentError where it is not an index into `timesteps`.
   */
  setBeginIndex(beginIndex = 0): void {
    this.run.setBeginIndex(beginIndex);
  }

  /**
   * The model's input, {@link preconditionInputs} at the noise level of the step to take. Begins the run at
   * `timestep`; does not advance it.
   *
   * @throws InvalidArgumentError where the run is to begin at a timestep that it does not have, or is over.
   */
  scaleModelInput(sample: Tensor<"float32">, timestep: number): Tensor<"float32"> {
    requireSamples(`${this.className}.scaleModelInput`, { sample });
    const sigma = this.run.sigmaAt(this.run.enter(timestep));
    this.reminder.noteCall();
    return this.preconditionInputs(sample, sigma);
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
    return addNoise(`${this.className}.addNoise`, originalSamples, noise, this.run.sigmasToAdd(timesteps));
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
    return findTimestepIndex(this.className, timestep, scheduleTimesteps);
  }

  /**
   * Begins a run.
   *
   * @param sigmas - One for each timestep, and the one that the run ends at.
   * @param sampleSigmas - Those of samples, where they are not those that the model is evaluated at.
   * @throws InvalidArgumentError where a level is not finite; the run is then as it was.
   */
  protected beginRun(
    sigmas: Float32Array,
    numInferenceSteps?: number | undefined,
    sampleSigmas: Float32Array = sigmas,
  ): void {
    const { timestepScale } = this.config;
    const timesteps = Float64Array.from(sigmas.subarray(0, -1), (sigma) =>
      Math.fround(timestepScale * this.preconditionNoise(sigma)),
    );
    requireFinite(`${this.className}: sigmas`, sigmas);
    requireFinite(`${this.className}: timesteps`, timesteps);
    this.run = new SigmaRun(this.className, timesteps, sigmas, sampleSigmas);
    this.#numInferenceSteps = numInferenceSteps;
  }
}
