import { TorchGenerator } from "@onestep/core";
import type { DiffusionPipelineBase } from "@onestep/pipelines";
import type { ModelCard } from "../service/model-card.ts";
import { pipelineFor } from "./tasks.ts";

/** Options of {@link measureModel}. */
export interface MeasureOptions {
  readonly maxBatch: number | "auto";
  readonly signal?: AbortSignal | undefined;
}

/** Models that take longer than this for an image are not measured with several: the start would take minutes. */
const slowSeconds = 2;
const candidates = [2, 4, 8, 16];
/** How much faster an image has to become for a larger batch. */
const worthwhile = 0.95;

/**
 * Makes images, which also warms the model up, and finds how long one takes and how many a run should have.
 */
export async function measureModel(
  pipe: DiffusionPipelineBase,
  card: ModelCard,
  { maxBatch, signal }: MeasureOptions,
): Promise<Pick<ModelCard, "secondsPerImage" | "bestBatch">> {
  const first = await secondsPerImage(pipe, card, 1, signal);
  const single = first > slowSeconds ? first : await fastest(pipe, card, 1, signal);
  if (maxBatch !== "auto") return { secondsPerImage: single, bestBatch: maxBatch };
  let best = { secondsPerImage: single, bestBatch: 1 };
  for (const count of candidates) {
    if (single > slowSeconds || single * count > 4 * slowSeconds) break;
    const seconds = await fastest(pipe, card, count, signal);
    if (seconds > best.secondsPerImage * worthwhile) break;
    best = { secondsPerImage: seconds, bestBatch: count };
  }
  return best;
}

/** The better of two runs: the first one of a size is slower. */
async function fastest(
  pipe: DiffusionPipelineBase,
  card: ModelCard,
  count: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const runs = [
    await secondsPerImage(pipe, card, count, signal),
    await secondsPerImage(pipe, card, count, signal),
  ];
  return Math.min(...runs);
}

async function secondsPerImage(
  pipe: DiffusionPipelineBase,
  card: ModelCard,
  count: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const generator = Array.from({ length: count }, (_, seed) => new TorchGenerator(seed));
  const startedAt = performance.now();
  await pipelineFor(pipe, "generation")?.generate({
    ...(card.takesPrompt ? { prompt: generator.map(() => "a photograph") } : { batchSize: count }),
    generator,
    ...(signal === undefined ? {} : { signal }),
  });
  return (performance.now() - startedAt) / 1000 / count;
}
