import type { Tensor } from "@onestep/core";
import { adamsBashforth } from "./adams-bashforth.ts";

/** What a step is given. */
export interface PndmStep {
  readonly modelOutput: Tensor<"float32">;
  readonly timestep: number;
  readonly sample: Tensor<"float32">;
  /** How many timesteps a step is. */
  readonly gap: number;
}

/** Which slope to follow, from which sample and timestep to which timestep. */
export interface PndmSlope {
  readonly modelOutput: Tensor<"float32">;
  readonly sample: Tensor<"float32">;
  readonly from: number;
  /** Below 0 at the end of a run. */
  readonly to: number;
}

/**
 * What a run of pseudo numerical methods remembers: the model's last outputs, and within a step where it began. Liu et
 * al. 2022 (arXiv:2202.09778), formulas (12) and (13), as in diffusers' `schedulers/scheduling_pndm.py`.
 */
export class PndmHistory {
  /** The timesteps of the Runge-Kutta steps. */
  readonly prkTimesteps: Float64Array;
  #counter = 0;
  #outputs: readonly Tensor<"float32">[] = [];
  #startSample: Tensor<"float32"> | undefined;
  #weightedSum: Tensor<"float32"> | undefined;

  constructor(prkTimesteps: Float64Array) {
    this.prkTimesteps = prkTimesteps;
  }

  /** How many steps were taken. */
  get counter(): number {
    return this.#counter;
  }

  /** Takes a step into account. */
  next(step: PndmStep): PndmSlope {
    const isRungeKutta = this.#counter < this.prkTimesteps.length;
    const slope = isRungeKutta ? this.#nextRungeKutta(step) : this.#nextMultistep(step);
    this.#counter += 1;
    return slope;
  }

  #nextRungeKutta({ modelOutput, timestep, sample, gap }: PndmStep): PndmSlope {
    const stage = this.#counter % 4;
    const weighted = modelOutput.mul(stage === 0 || stage === 3 ? 1 / 6 : 1 / 3);
    const sum = this.#weightedSum?.add(weighted) ?? weighted;
    this.#weightedSum = stage === 3 ? undefined : sum;
    if (stage === 0) {
      this.#outputs = [...this.#outputs, modelOutput];
      this.#startSample = sample;
    }
    return {
      modelOutput: stage === 3 ? sum : modelOutput,
      sample: this.#startSample ?? sample,
      from: this.prkTimesteps[this.#counter - stage] ?? timestep,
      to: stage % 2 === 1 ? timestep : timestep - Math.floor(gap / 2),
    };
  }

  #nextMultistep({ modelOutput, timestep, sample, gap }: PndmStep): PndmSlope {
    const isCorrection = this.#counter === 1;
    if (!isCorrection) {
      const outputs = [...this.#outputs.slice(-3), modelOutput];
      const slope = adamsBashforth(outputs);
      this.#outputs = outputs;
      if (this.#counter === 0) this.#startSample = sample;
      return { modelOutput: slope, sample, from: timestep, to: timestep - gap };
    }
    const [first = modelOutput] = this.#outputs;
    const startSample = this.#startSample ?? sample;
    const mean = modelOutput.add(first).div(2);
    this.#startSample = undefined;
    return {
      modelOutput: mean,
      sample: startSample,
      from: timestep + gap,
      to: timestep,
    };
  }
}
