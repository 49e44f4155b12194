import { randnTensor, type Tensor } from "@onestep/core";
import { refuseHalfStep, refuseIndex, requireSamples } from "./checks.ts";
import type { ChurnConfig, EDMSamplerConfig } from "./edm.ts";
import { EDMSamplerBase, type EDMSamplerOutput } from "./edm-sampler-base.ts";
import * as float32 from "./float32.ts";
import { chooseGamma } from "./noise.ts";
import type { StepOptions } from "./scheduler.ts";

/** The noise levels that a step goes through, float32 numbers. */
export interface SecondOrderStep {
  /** Where the step before led. */
  readonly start: number;
  /** Where noise that is added raises it to, and the model is evaluated. */
  readonly raised: number;
  /** Where the model is evaluated again; `undefined` in a step of first order. */
  readonly second: number | undefined;
  /** Where the step leads. */
  readonly end: number;
}

/** The first half of a step, while the second is to be taken. */
interface FirstHalf {
  readonly sample: Tensor<"float32">;
  readonly derivative: Tensor<"float32">;
}

/** A sample that noise was added to for the model, before the step is taken. */
interface RaisedSample {
  readonly index: number;
  readonly original: Tensor<"float32">;
  readonly sample: Tensor<"float32">;
}

/**
 * What the samplers share that evaluate the model twice a step, and may add noise before they do: Karras et al. 2022
 * (arXiv:2206.00364), algorithm 2. In `timesteps` those of the second evaluations stand between the others.
 */
export abstract class EDMSecondOrderBase<
  Values extends EDMSamplerConfig & ChurnConfig,
> extends EDMSamplerBase<Values> {
  override readonly order: number = 2;
  #steps: readonly SecondOrderStep[] = [];
  #firstHalf: FirstHalf | undefined;
  #raised: RaisedSample | undefined;

  /** Whether the step to take next is the first half of one, or of first order. */
  get stateInFirstOrder(): boolean {
    return this.#firstHalf === undefined;
  }

  /**
   * The model's input at the noise level of the step to take. Begins the run at `timestep`; does not advance it. Where
   * the config says that noise is added (`sChurn`), it is added here, since the model is to see it, and {@link step} goes
   * on from there.
   *
   * @param options - With the generator that the step is given too.
   * @throws InvalidArgumentError where the run is to begin at a timestep that it does not have, or in the middle of a
   * step, or is over.
   */
  override scaleModelInput(
    sample: Tensor<"float32">,
    timestep: number,
    options: StepOptions = {},
  ): Tensor<"float32"> {
    requireSamples(`${this.className}.scaleModelInput`, { sample });
    const index = this.run.begin(timestep);
    this.reminder.noteCall();
    const isKept = this.#raised?.index === index && this.#raised.original === sample;
    if (!isKept) this.#raised = this.#raise(sample, index, options.generator);
    return this.preconditionInputs(this.#raised?.sample ?? sample, this.run.sigmaAt(index));
  }

  /**
   * Takes half a step: noise up to `σ̂ = σ · (1 + γ)` where there is churn, and along the slope there; or, with the slope
   * at a second noise level, again from where the step began. Where there are two halves to a step, each is one of
   * `timesteps`.
   *
   * @param modelOutput - float32, the shape of `sample`.
   * @param timestep - The value of `timesteps` that the model was given. Only the first of a run is looked up.
   * @param sample - What went into {@link scaleModelInput}, not what came out.
   * @throws InvalidArgumentError where the shapes differ, or the run is to begin at a timestep that it does not have, or
   * in the middle of a step, or is over.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options: StepOptions = {},
  ): EDMSamplerOutput {
    requireSamples(`${this.className}.step`, { modelOutput, sample });
    refuseIndex(this.className, timestep, this.timesteps);
    const index = this.run.enter(timestep);
    this.reminder.remind();
    const step = this.#stepAt(index);
    const first = this.#firstHalf;
    const output =
      first === undefined
        ? this.#takeFirst(step, index, modelOutput, sample, options.generator)
        : this.#takeSecond(step, first, modelOutput, sample);
    this.#raised = undefined;
    return output;
  }

  /** The second noise level of a step; `undefined` where it has none. */
  protected abstract secondLevel(raised: number, end: number): number | undefined;

  /** The derivative that the second half goes by, of those at the two noise levels. */
  protected abstract combine(first: Tensor<"float32">, second: Tensor<"float32">): Tensor<"float32">;

  protected override beginLevels(levels: Float32Array, count: number): void {
    const steps = Array.from({ length: count }, (_, index) => {
      const [start = Number.NaN, end = Number.NaN] = levels.subarray(index, index + 2);
      const gamma = chooseGamma(this.className, start, count, this.config);
      const raised = float32.mul(start, Math.fround(gamma + 1));
      return { start, raised, second: this.secondLevel(raised, end), end };
    });
    const pairs = steps.flatMap(({ start, raised, second }) =>
      second === undefined
        ? [{ start, level: raised }]
        : [
            { start, level: raised },
            { start: second, level: second },
          ],
    );
    const last = levels.at(-1) ?? Number.NaN;
    this.beginRun(
      Float32Array.from([...pairs.map(({ level }) => level), last]),
      count,
      Float32Array.from([...pairs.map(({ start }) => start), last]),
    );
    this.#steps = steps;
    this.#firstHalf = undefined;
    this.#raised = undefined;
  }

  #takeFirst(
    step: SecondOrderStep,
    index: number,
    modelOutput: Tensor<"float32">,
    sample: Tensor<"float32">,
    generator: StepOptions["generator"],
  ): EDMSamplerOutput {
    const isKept = this.#raised?.index === index;
    const raised = isKept ? this.#raised : this.#raise(sample, index, generator);
    // OpenAI's samplers draw noise in each step, also where none is added.
    if (raised === undefined && generator !== undefined) randnTensor(sample.shape, generator);
    const start = raised?.sample ?? sample;
    const predOriginalSample = this.denoise(start, modelOutput, step.raised);
    const derivative = start.sub(predOriginalSample).div(step.raised);
    if (step.second !== undefined) this.#firstHalf = { sample: start, derivative };
    const reached = this.follow(start, derivative, step.raised, step.second ?? step.end);
    return { prevSample: this.leave(reached), predOriginalSample };
  }

  #takeSecond(
    step: SecondOrderStep,
    first: FirstHalf,
    modelOutput: Tensor<"float32">,
    sample: Tensor<"float32">,
  ): EDMSamplerOutput {
    const level = step.second ?? Number.NaN;
    const predOriginalSample = this.denoise(sample, modelOutput, level);
    const derivative = this.combine(first.derivative, sample.sub(predOriginalSample).div(level));
    const reached = this.follow(first.sample, derivative, step.raised, step.end);
    this.#firstHalf = undefined;
    return { prevSample: this.leave(reached), predOriginalSample };
  }

  /** The sample with the noise of its step added; `undefined` where there is none. */
  #raise(
    sample: Tensor<"float32">,
    index: number,
    generator: StepOptions["generator"],
  ): RaisedSample | undefined {
    const { start, raised } = this.#stepAt(index);
    if (!this.stateInFirstOrder || raised === start) return undefined;
    const noise = randnTensor(sample.shape, generator).mul(this.config.sNoise);
    const variance = float32.sub(float32.square(raised), float32.square(start));
    return { index, original: sample, sample: sample.add(noise.mul(float32.sqrt(variance))) };
  }

  #stepAt(index: number): SecondOrderStep {
    const step = this.#steps[Math.floor(index / 2)];
    const isFirst = index % 2 === 0;
    if (step === undefined || isFirst !== this.stateInFirstOrder) {
      refuseHalfStep(this.className, this.timesteps[index]);
    }
    return step;
  }
}
