import { TorchGenerator } from "@onestep/core";
import type { DiffusionPipelineBase } from "@onestep/pipelines";
import type { ModelCard } from "../service/model-card.ts";
import { pipelineFor } from "./tasks.ts";

/** Measures a model by making images with instances of it, which also warms them up. */
export class ModelMeasure {
  readonly #instances: readonly DiffusionPipelineBase[];
  readonly #card: ModelCard;
  readonly #signal: AbortSignal | undefined;

  /** @param instances - They run at the same time. */
  constructor(instances: readonly DiffusionPipelineBase[], card: ModelCard, signal: AbortSignal | undefined) {
    this.#instances = instances;
    this.#card = card;
    this.#signal = signal;
  }

  /** Seconds for an image that one instance makes alone. */
  async secondsAlone(): Promise<number> {
    const instances = this.#instances.slice(0, 1);
    const first = await this.#run(instances, 1);
    if (first > slowSeconds) return first;
    return Math.min(await this.#run(instances, 1), await this.#run(instances, 1));
  }

  /** Seconds an image of all instances together, in runs of so many: the best of some, since other programs disturb. */
  async secondsPerImage(count: number): Promise<number> {
    const runs: number[] = [];
    while (runs.length < (count < 4 ? 3 : 2)) runs.push(await this.#run(this.#instances, count));
    return Math.min(...runs);
  }

  /**
   * How many images a run should have.
   *
   * @param secondsAlone - Models that take long are not measured with several: the start would take minutes.
   * @param maxBatch - What the user chose.
   */
  async bestBatch(
    secondsAlone: number,
    maxBatch: number | "auto",
  ): Promise<Pick<ModelCard, "bestBatch" | "secondsPerImage">> {
    if (maxBatch !== "auto") {
      const isSlow = secondsAlone > slowSeconds || secondsAlone * maxBatch > 4 * slowSeconds;
      return {
        bestBatch: maxBatch,
        secondsPerImage: isSlow ? secondsAlone : await this.secondsPerImage(maxBatch),
      };
    }
    let best = { bestBatch: 1, secondsPerImage: secondsAlone };
    if (secondsAlone > slowSeconds) return best;
    let misses = 0;
    for (const bestBatch of candidates) {
      if (secondsAlone * bestBatch > 4 * slowSeconds || misses > 1) break;
      const secondsPerImage = await this.secondsPerImage(bestBatch);
      const pays = bestBatch === 1 || secondsPerImage < worthwhile * best.secondsPerImage;
      if (pays) best = { bestBatch, secondsPerImage };
      misses = pays ? 0 : misses + 1;
    }
    return best;
  }

  async #run(instances: readonly DiffusionPipelineBase[], count: number): Promise<number> {
    const startedAt = performance.now();
    await Promise.all(
      instances.map(async (pipe) => {
        const generator = Array.from({ length: count }, (_, seed) => new TorchGenerator(seed));
        await pipelineFor(pipe, "generation")?.generate({
          ...(this.#card.takesPrompt
            ? { prompt: generator.map(() => "a photograph") }
            : { batchSize: count }),
          generator,
          ...(this.#signal === undefined ? {} : { signal: this.#signal }),
        });
      }),
    );
    return (performance.now() - startedAt) / 1000 / count / instances.length;
  }
}

const slowSeconds = 2;
const candidates = [1, 2, 4, 8, 16];
/** A smaller batch is preferred to one that is faster by less than this: it serves its first client sooner. */
const worthwhile = 0.97;
