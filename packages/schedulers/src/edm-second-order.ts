import { randnTensor, type Tensor } from "@onestep/core";
import { refuseHalfStep } from "./checks.ts";
import type { ChurnConfig, EDMSamplerConfig } from "./config/edm.ts";
import { clipDenoised } from "./edm.ts";
import * as float32 from "./float32.ts";
import { chooseGamma } from "./noise.ts";
import type { DenoisedSampleOutput, StepOptions } from "./scheduler.ts";

// Shared by `EDMHeunScheduler` and `EDMDPM2Scheduler`: Karras et al. 2022 (arXiv:2206.00364), algorithm 2.

/** The parts in which the two schedulers differ. */
export interface SecondOrderMethod {
  /** The noise level of the second model evaluation; `undefined` for a step without one. */
  readonly secondSigma: (sigmaHat: number, sigmaNext: number) => number | undefined;
  /** Combines the derivatives at the two noise levels into the one that the second half follows. */
  readonly combine: (first: Tensor<"float32">, second: Tensor<"float32">) => Tensor<"float32">;
}

/** The noise levels of a step, float32 numbers. */
interface SecondOrderStep {
  /** The level at which the previous step ended. */
  readonly sigma: number;
  /** σ̂: the level after noise is added, at which the model is evaluated. */
  readonly sigmaHat: number;
  /** The level of the second model evaluation; `undefined` for a first-order step. */
  readonly second: number | undefined;
  /** The level at which the step ends. */
  readonly sigmaNext: number;
}

/** The first half of a step, kept until the second half is taken. */
interface FirstHalf {
  readonly sample: Tensor<"float32">;
  readonly derivative: Tensor<"float32">;
}

/** A sample with noise added for the model, before the step is taken. */
interface ChurnedSample {
  readonly index: number;
  readonly original: Tensor<"float32">;
  readonly sample: Tensor<"float32">;
}

/** The position of a half step in the run. */
export interface SecondOrderPlace {
  readonly index: number;
  readonly timestep: number | undefined;
  /** Whether the run ends with this half step. */
  readonly isLast: boolean;
}

/** The prediction of the clean sample at a noise level. */
type Denoise = (sample: Tensor<"float32">, sigma: number) => Tensor<"float32">;

/** The steps of a run, and the progress within the current step. */
export class SecondOrderSteps {
  /** The levels at which the model is evaluated, plus the final level of the run. */
  readonly sigmas: Float32Array;
  /** The same levels for samples before noise is added. */
  readonly sampleSigmas: Float32Array;
  readonly #className: string;
  readonly #config: EDMSamplerConfig & ChurnConfig;
  readonly #method: SecondOrderMethod;
  readonly #steps: readonly SecondOrderStep[];
  #firstHalf: FirstHalf | undefined;
  #churned: ChurnedSample | undefined;

  /**
   * @param className - The scheduler, for error messages.
   * @param levels - The starting level of each step, plus the level at which the last step ends.
   */
  constructor(
    className: string,
    config: EDMSamplerConfig & ChurnConfig,
    method: SecondOrderMethod,
    levels: Float32Array,
  ) {
    this.#className = className;
    this.#config = config;
    this.#method = method;
    const count = levels.length - 1;
    this.#steps = Array.from({ length: Math.max(count, 0) }, (_, index) => {
      const [sigma = Number.NaN, sigmaNext = Number.NaN] = levels.subarray(index, index + 2);
      const gamma = chooseGamma(className, sigma, count, config);
      const sigmaHat = float32.mul(sigma, Math.fround(gamma + 1));
      return { sigma, sigmaHat, second: method.secondSigma(sigmaHat, sigmaNext), sigmaNext };
    });
    const last = levels.at(-1) ?? Number.NaN;
    const levelsOf = (first: "sigma" | "sigmaHat") =>
      this.#steps.flatMap((step) => (step.second === undefined ? [step[first]] : [step[first], step.second]));
    this.sigmas = Float32Array.from([...levelsOf("sigmaHat"), last]);
    this.sampleSigmas = Float32Array.from([...levelsOf("sigma"), last]);
  }

  /** The number of steps. */
  get count(): number {
    return this.#steps.length;
  }

  /** Whether the next step is the first half of a step, or a first-order step. */
  get isFirstOrder(): boolean {
    return this.#firstHalf === undefined;
  }

  /** The sample passed to the model, with the noise of its step added. The noise is drawn once per sample. */
  churn(
    sample: Tensor<"float32">,
    index: number,
    timestep: number | undefined,
    generator: StepOptions["generator"],
  ): Tensor<"float32"> {
    const isKept = this.#churned?.index === index && this.#churned.original === sample;
    if (!isKept) this.#churned = this.#addChurn(sample, index, timestep, generator);
    return this.#churned?.sample ?? sample;
  }

  /**
   * Takes half a step.
   *
   * @throws InvalidArgumentError if the run would begin in the middle of a step.
   */
  take(
    denoise: Denoise,
    { index, timestep, isLast }: SecondOrderPlace,
    sample: Tensor<"float32">,
    generator: StepOptions["generator"],
  ): DenoisedSampleOutput {
    const step = this.#stepAt(index, timestep);
    const first = this.#firstHalf;
    const { start, sigma, sigmaTo } =
      first === undefined
        ? this.#begin(step, index, timestep, sample, generator)
        : { start: first.sample, sigma: step.second ?? Number.NaN, sigmaTo: step.sigmaNext };
    const evaluated = first === undefined ? start : sample;
    const predOriginalSample = clipDenoised(denoise(evaluated, sigma), this.#config);
    const slope = evaluated.sub(predOriginalSample).div(sigma);
    const derivative = first === undefined ? slope : this.#method.combine(first.derivative, slope);
    const reached = start.add(derivative.mul(float32.sub(sigmaTo, step.sigmaHat)));
    const prevSample = isLast ? clipDenoised(reached, this.#config) : reached;
    const isHalf = first === undefined && step.second !== undefined;
    this.#firstHalf = isHalf ? { sample: start, derivative } : undefined;
    this.#churned = undefined;
    return { prevSample, predOriginalSample };
  }

  /** The sample that a step starts from, its noise level, and the level at which the first half ends. */
  #begin(
    step: SecondOrderStep,
    index: number,
    timestep: number | undefined,
    sample: Tensor<"float32">,
    generator: StepOptions["generator"],
  ): { start: Tensor<"float32">; sigma: number; sigmaTo: number } {
    const isKept = this.#churned?.index === index;
    const churned = isKept ? this.#churned : this.#addChurn(sample, index, timestep, generator);
    // OpenAI's samplers draw noise in every step, even if none is added.
    if (churned === undefined && generator !== undefined) randnTensor(sample.shape, generator);
    const start = churned?.sample ?? sample;
    return { start, sigma: step.sigmaHat, sigmaTo: step.second ?? step.sigmaNext };
  }

  /** The sample with the noise of its step added; `undefined` if the step adds none. */
  #addChurn(
    sample: Tensor<"float32">,
    index: number,
    timestep: number | undefined,
    generator: StepOptions["generator"],
  ): ChurnedSample | undefined {
    const { sigma, sigmaHat } = this.#stepAt(index, timestep);
    if (!this.isFirstOrder || sigmaHat === sigma) return undefined;
    const noise = randnTensor(sample.shape, generator).mul(this.#config.sNoise);
    const variance = float32.sub(float32.square(sigmaHat), float32.square(sigma));
    return { index, original: sample, sample: sample.add(noise.mul(float32.sqrt(variance))) };
  }

  #stepAt(index: number, timestep: number | undefined): SecondOrderStep {
    const step = this.#steps[Math.floor(index / 2)];
    const isFirst = index % 2 === 0;
    if (step === undefined || isFirst !== this.isFirstOrder) refuseHalfStep(this.#className, timestep);
    return step;
  }
}
