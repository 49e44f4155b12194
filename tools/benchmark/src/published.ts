import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCheckpoint } from "./checkpoint/make-checkpoint.ts";
import { type PublishedModel, publishedModels } from "./checkpoint/published-models.ts";
import { runTask } from "./compare.ts";
import { onestep } from "./contender.ts";
import type { PublishedResult } from "./task.ts";

/** A published configuration, and what became of it. */
export interface PublishedMeasurement extends PublishedResult {
  readonly repository: string;
  /** What diffusers makes of the same configuration. */
  readonly expectedParameters: number;
  /** Whether the parameters are as many as expected, and the prediction an image of finite numbers. */
  readonly succeeded: boolean;
}

/**
 * Builds every published configuration at its full size with random weights, one after the other, each in a process of
 * its own, and runs one pass. A checkpoint is removed again before the next is made.
 */
export async function measurePublishedModels(options: {
  readonly threads: number;
  readonly onStart: (description: string) => void;
}): Promise<readonly PublishedMeasurement[]> {
  const measurements: PublishedMeasurement[] = [];
  for (const model of publishedModels) {
    options.onStart(`${model.repository}: random weights, then one pass`);
    measurements.push(await measureModel(model, options.threads));
  }
  return measurements;
}

async function measureModel(
  { repository, architecture, parameters }: PublishedModel,
  threads: number,
): Promise<PublishedMeasurement> {
  const folder = await mkdtemp(join(tmpdir(), "onestep-published-"));
  try {
    const checkpoint = join(folder, "checkpoint");
    await makeCheckpoint(checkpoint, architecture);
    const task = { kind: "published", checkpoint, batchSize: 1, repeats: 1, threads } as const;
    const result = await runTask<PublishedResult>(onestep, task);
    const { in_channels: channels, sample_size: size } = architecture.unet;
    const hasShape = result.shape.join() === [1, channels, size, size].join();
    const succeeded = result.parameters === parameters && hasShape && (result.magnitude ?? 0) > 0;
    return { ...result, repository, expectedParameters: parameters, succeeded };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
