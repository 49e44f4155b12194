import { randnTensor, type Tensor } from "@onestep/core";
import { refuseIndex, requireFinite, requireSamples, ScaledInputReminder } from "../checks.ts";
import {
  finiteField,
  narrowedField,
  nonZeroField,
  positiveField,
  timestepCountField,
  truthField,
} from "../config/fields.ts";
import {
  type ConfigFieldsOf,
  type ConfigOptions,
  requireSigmaOrder,
  SchedulerSchema,
} from "../config/schema.ts";
import { chooseGridIndices } from "../distilled.ts";
import { outputScaling, type Scalings, sampleDeviation, skipScaling } from "../edm.ts";
import * as float32 from "../float32.ts";
import type { NoiseProcess } from "../noise-process.ts";
import { ScheduleRun } from "../schedule-run.ts";
import type { PrevSampleOutput, Scheduler, SetTimestepsOptions, StepOptions } from "../scheduler.ts";
import { SchedulerBase } from "../scheduler-base.ts";
import { appendSigma, karrasSigmas, unitRamp } from "../sigmas.ts";

/** The configuration of a `CMStochasticIterativeScheduler`. */
export interface CMStochasticIterativeSchedulerConfig {
  /** Number of noise levels in the grid the model was trained on, 1 to 1,000,000; 40 by default. */
  readonly numTrainTimesteps: number;
  /** The lowest noise level, at least 0, and ε in the boundary condition; 0.002 by default. */
  readonly sigmaMin: number;
  /** The highest noise level, above 0, at which sampling starts; 80 by default. */
  readonly sigmaMax: number;
  /** Standard deviation of the data, above 0; 0.5 by default. */
  readonly sigmaData: number;
  /** Multiplier for the noise added at each step (not for the initial noise); 1 by default. */
  readonly sNoise: number;
  /** Curvature of the grid, not 0; 7 by default. */
  readonly rho: number;
  /** Whether to clamp the prediction of the clean sample to [−1, 1]; true by default. */
  readonly clipDenoised: boolean;
}

/** Options of the `CMStochasticIterativeScheduler` constructor. */
export type CMStochasticIterativeSchedulerOptions = ConfigOptions<CMStochasticIterativeSchedulerConfig>;

/** The fields of {@link CMStochasticIterativeSchedulerConfig}, with the defaults of diffusers. */
function cmStochasticIterativeFields(): ConfigFieldsOf<CMStochasticIterativeSchedulerConfig> {
  return {
    numTrainTimesteps: timestepCountField(40),
    sigmaMin: narrowedField(finiteField(0.002), "a number, at least 0", (value) => value >= 0),
    sigmaMax: positiveField(80),
    sigmaData: positiveField(0.5),
    sNoise: finiteField(1),
    rho: nonZeroField(7),
    clipDenoised: truthField(true),
  };
}

/** Options of {@link CMStochasticIterativeScheduler.step}. */
export interface CMStochasticIterativeSchedulerStepOptions extends StepOptions {
  /**
   * Edits the prediction of the clean sample after clamping and before noise is added: the line in which zero-shot
   * editing differs from sampling (arXiv:2303.01469, algorithm 4, line 9). Returns a tensor of the same shape.
   */
  readonly editDenoised?: ((denoised: Tensor<"float32">) => Tensor<"float32">) | undefined;
}

/** The result of {@link CMStochasticIterativeScheduler.step}. */
export type CMStochasticIterativeSchedulerOutput = PrevSampleOutput;

/**
 * Multistep consistency sampling: algorithm 1 of Song et al. 2023, "Consistency Models" (arXiv:2303.01469). Each step
 * predicts the clean sample and, if another step follows, adds fresh noise to it. The timestep of noise level σ is
 * `250 · ln σ`. Before `setTimesteps`, `timesteps` and `sigmas` hold the whole grid, in float64.
 *
 * Produces the same numbers as diffusers' `schedulers/scheduling_consistency_models.py` on torch's CPU, except for the
 * last bit of square roots, which torch's MKL does not round to nearest. Quirks are kept: in a run of two or more steps
 * every step draws noise, including the last, which leaves noise with a standard deviation of 6.7e-7 on the image.
 * Intentional differences, where diffusers produces no image: a grid of one timestep works, a `sigmaMin` that float32
 * rounds down does not turn the last step into NaN, and a step after the last one throws.
 *
 * @example
 * const scheduler = new CMStochasticIterativeScheduler();
 * scheduler.setTimesteps({ timesteps: [22, 0] });
 */
export class CMStochasticIterativeScheduler
  extends SchedulerBase<CMStochasticIterativeSchedulerConfig>
  implements Scheduler
{
  /** Fields and defaults of diffusers' `schedulers/scheduling_consistency_models.py`. */
  static override readonly schema: SchedulerSchema<ConfigFieldsOf<CMStochasticIterativeSchedulerConfig>> =
    new SchedulerSchema("CMStochasticIterativeScheduler", cmStochasticIterativeFields(), requireSigmaOrder);

  readonly noiseProcess: NoiseProcess = "edm";
  readonly #reminder: ScaledInputReminder = new ScaledInputReminder();
  #customTimesteps = false;

  constructor(options: CMStochasticIterativeSchedulerOptions = {}) {
    super(options);
    const sigmas = this.convertToKarras(unitRamp(this.config.numTrainTimesteps));
    requireFinite(`${this.className}: sigmas`, sigmas);
    this.run = new ScheduleRun(this.className, this.sigmaToT(sigmas), { sigmas });
  }

  /** The noise levels: the whole grid in float64, or the levels of a run in float32. Read-only. */
  get sigmas(): Float32Array | Float64Array {
    return this.run.sigmas;
  }

  /** `sigmaMax`: the standard deviation of the initial noise. */
  override get initNoiseSigma(): number {
    return this.config.sigmaMax;
  }

  /** Whether {@link scaleModelInput} was ever called; `setTimesteps` does not reset it. */
  get isScaleInputCalled(): boolean {
    return this.#reminder.isCalled;
  }

  /** Whether the timesteps of the run were given explicitly. */
  get customTimesteps(): boolean {
    return this.#customTimesteps;
  }

  /**
   * Starts a new run. Pass exactly one of the two options:
   *
   * - `numInferenceSteps`: 1 to `numTrainTimesteps`. For n steps, every ⌊N / n⌋-th of the grid's N noise levels,
   *   starting at `sigmaMax`.
   * - `timesteps`: indices into that grid, descending, below N: `[22, 0]`. The run visits them from last to first, so 0
   *   (`sigmaMax`) comes first. Fractions are truncated. As in diffusers, the last index need not be 0, negative
   *   indices mean noise levels above `sigmaMax`, and `scheduler.numInferenceSteps` keeps its value.
   *
   * @throws InvalidArgumentError if the options break a rule above; the current run is kept.
   */
  setTimesteps(options: SetTimestepsOptions): void {
    const { numTrainTimesteps, sigmaMin } = this.config;
    const indices = chooseGridIndices(this.className, options, numTrainTimesteps);
    // A grid of one level holds only `sigmaMax`; diffusers divides 0 by 0 there.
    const sigmas = this.convertToKarras(indices.map((index) => index / Math.max(numTrainTimesteps - 1, 1)));
    const float32Sigmas = appendSigma(sigmas, sigmaMin);
    requireFinite(`${this.className}: sigmas`, float32Sigmas);
    this.#customTimesteps = options.timesteps !== undefined;
    const numInferenceSteps = options.numInferenceSteps ?? this.numInferenceSteps;
    const run = { sigmas: float32Sigmas, numInferenceSteps };
    this.run = new ScheduleRun(this.className, this.sigmaToT(sigmas), run);
  }

  /**
   * The model's input: `sample / √(σ² + σ_data²)` (c_in of arXiv:2206.00364, table 1), where σ is the noise level of
   * the next step. Begins the run at `timestep`; does not advance it.
   *
   * @throws InvalidArgumentError if the first `timestep` is not in the run, or the run is over.
   */
  override scaleModelInput(sample: Tensor<"float32">, timestep: number): Tensor<"float32"> {
    requireSamples(`${this.className}.scaleModelInput`, { sample });
    const sigma = this.run.sigmaAt(this.run.begin(timestep));
    this.#reminder.noteCall();
    return sample.div(sampleDeviation(sigma, this.config.sigmaData, this.#round));
  }

  /**
   * Takes one step: the prediction of the clean sample, clamped if `clipDenoised` is set, plus noise at the next level:
   * `f(x, σ) + s_noise · z · √(σ̂² − ε²)` where σ̂ is the next level clamped to [ε, σ_max], ε = `sigmaMin`, and
   * `f(x, σ) = c_skip(σ) · x + c_out(σ) · F(x, σ)`. A run of one step draws no noise.
   *
   * @param modelOutput - F, float32, the shape of `sample`.
   * @param timestep - The value from `timesteps` passed to the model. Only the first step of a run looks it up.
   * @param sample - x: the input of {@link scaleModelInput}, not its output.
   * @throws InvalidArgumentError if the shapes differ (including the result of `editDenoised`), `timestep` is an index,
   * the first `timestep` is not in the run, or the run is over.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options: CMStochasticIterativeSchedulerStepOptions = {},
  ): CMStochasticIterativeSchedulerOutput {
    requireSamples(`${this.className}.step`, { modelOutput, sample });
    refuseIndex(this.className, timestep, this.timesteps);
    const index = this.run.enter(timestep);
    this.#reminder.remind();

    const { cSkip, cOut } = this.getScalingsForBoundaryCondition(this.run.sigmaAt(index));
    let prevSample = modelOutput.addScaled(cOut, sample, cSkip);
    if (this.config.clipDenoised) prevSample = prevSample.clamp(-1, 1);
    if (options.editDenoised !== undefined) {
      prevSample = options.editDenoised(prevSample);
      requireSamples(`${this.className}.step`, { modelOutput, denoised: prevSample });
    }
    if (this.timesteps.length > 1) {
      const { sNoise } = this.config;
      const drawn = randnTensor(modelOutput.shape, options.generator);
      const noise = sNoise === 1 ? drawn : drawn.mul(sNoise);
      prevSample = prevSample.addScaled(1, noise, this.#noiseScale(this.run.sigmaAt(index + 1)));
    }
    this.run.advance(index);
    return { prevSample };
  }

  /** `250 · ln(σ + 1e-44)` in float64: the timestep of a noise level. */
  sigmaToT(sigmas: number): number;
  sigmaToT(sigmas: ArrayLike<number>): Float64Array;
  sigmaToT(sigmas: number | ArrayLike<number>): number | Float64Array {
    const convert = (sigma: number): number => 1000 * 0.25 * Math.log(sigma + 1e-44);
    return typeof sigmas === "number" ? convert(sigmas) : Float64Array.from(sigmas, convert);
  }

  /** The noise levels in float64 at positions from 0 (`sigmaMax`) to 1 (`sigmaMin`); see {@link karrasSigmas}. */
  convertToKarras(ramp: ArrayLike<number>): Float64Array {
    return karrasSigmas(ramp, this.config);
  }

  /**
   * EDM's scalings (arXiv:2206.00364, table 1), in the precision of {@link sigmas}: `σ_data² / (σ² + σ_data²)` and
   * `σ · σ_data / √(σ² + σ_data²)`. `step` does not use them.
   */
  getScalings(sigma: number): Scalings {
    const { sigmaData } = this.config;
    const level = this.#round(sigma);
    return {
      cSkip: skipScaling(level, sigmaData, this.#round),
      cOut: outputScaling(level, level, sigmaData, this.#round),
    };
  }

  /**
   * The scalings of a consistency model (arXiv:2303.01469, appendix C), in the precision of {@link sigmas}. They make
   * the model the identity at ε = `sigmaMin`: `σ_data² / ((σ − ε)² + σ_data²)` and
   * `(σ − ε) · σ_data / √(σ² + σ_data²)`.
   */
  getScalingsForBoundaryCondition(sigma: number): Scalings {
    const { sigmaMin, sigmaData } = this.config;
    const level = this.#round(sigma);
    const distance = this.#round(level - this.#round(sigmaMin));
    return {
      cSkip: skipScaling(distance, sigmaData, this.#round),
      cOut: outputScaling(distance, level, sigmaData, this.#round),
    };
  }

  /** torch computes in the dtype in which the noise levels are stored. */
  get #round(): float32.Rounding {
    return this.run.sigmas instanceof Float32Array ? Math.fround : float32.keepFloat64;
  }

  #noiseScale(sigmaNext: number): number {
    const { sigmaMin, sigmaMax } = this.config;
    const sigmaHat = Math.min(Math.max(sigmaNext, this.#round(sigmaMin)), this.#round(sigmaMax));
    const variance = this.#round(this.#round(sigmaHat * sigmaHat) - this.#round(sigmaMin * sigmaMin));
    // On the last step, the difference is negative if float32 rounds `sigmaMin` down.
    return this.#round(Math.sqrt(Math.max(variance, 0)));
  }
}
