import { type Generator, InvalidArgumentError, TorchGenerator } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import type { GenerateOptions } from "./generate-options.ts";

/** The maximum batch size. A batch is held in memory, so larger ones are rejected rather than running out of memory. */
const maximumBatchSize = 65_536;

/** The options that determine the number of images. */
export interface BatchOptions extends Pick<GenerateOptions, "generator" | "latents"> {
  readonly batchSize?: number | undefined;
}

/**
 * Resolves the number of images.
 *
 * @param options - `batchSize` decides; it defaults to the number of generators or latents.
 * @param counts - Other counts to match: labels, images.
 * @throws InvalidArgumentError if `batchSize` is not a whole number in range.
 */
export function resolveBatchSize(options: BatchOptions, counts: readonly number[] = []): number {
  const { batchSize, generator, latents } = options;
  if (batchSize === undefined) {
    return Math.max(...counts, isGeneratorList(generator) ? generator.length : 1, latents?.shape?.[0] ?? 1);
  }
  if (Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= maximumBatchSize) return batchSize;
  throw new InvalidArgumentError({
    subject: "batchSize",
    found: describeValue(batchSize),
    expected: `a whole number from 1 to ${maximumBatchSize}`,
    remedy: "Pass how many images to make; make more of them in several calls.",
  });
}

/**
 * Resolves the random number generators of a batch.
 *
 * @throws InvalidArgumentError if the options conflict.
 */
export function resolveGenerator(
  { generator, seed }: Pick<GenerateOptions, "generator" | "seed">,
  batchSize: number,
): Generator | readonly Generator[] {
  if (generator !== undefined && seed !== undefined) {
    throw new InvalidArgumentError({
      subject: "generator and seed",
      found: "both",
      expected: "one of the two",
      remedy: "`seed` is short for `generator: new TorchGenerator(seed)`; leave one out.",
      summary: "`generator` and `seed` cannot be used together.",
    });
  }
  if (isGeneratorList(generator) && generator.length !== batchSize) {
    throw new InvalidArgumentError(
      `You have passed a list of generators of length ${generator.length}, but requested an effective batch size of ${batchSize}. Make sure the batch size matches the length of the generators.`,
    );
  }
  return generator ?? createGenerator(seed);
}

function isGeneratorList(generator: unknown): generator is readonly Generator[] {
  return Array.isArray(generator);
}

/**
 * Validates the given latents.
 *
 * @throws InvalidArgumentError unless they have the model's shape [batch, channels, height, width] and are finite.
 */
export function checkLatents(options: Pick<GenerateOptions, "latents">, expected: readonly number[]): void {
  const { latents } = options;
  if (latents === undefined) return;
  const shape: unknown = typeof latents === "object" ? latents.shape : undefined;
  if (!Array.isArray(shape) || !ArrayBuffer.isView(latents.data)) {
    throw new InvalidArgumentError({
      subject: "latents",
      found: describeValue(latents),
      expected: `a tensor, float32 [${expected.join(", ")}]`,
      remedy: "Pass noise of variance 1 in that shape, or leave `latents` out.",
    });
  }
  if (latents.dtype === "float32" && shape.join() === expected.join()) {
    const wrong = latents.data.find((value) => !Number.isFinite(value));
    if (wrong === undefined) return;
    throw new InvalidArgumentError({
      subject: "latents",
      found: `${wrong} among the numbers`,
      expected: "finite numbers",
      remedy: "Pass noise of variance 1, or leave `latents` out.",
    });
  }
  throw new InvalidArgumentError(
    `The shape of latents is [${shape.join(", ")}] (${latents.dtype}) but is expected to be [${expected.join(", ")}] (float32). Pass noise of variance 1 in that shape, or leave \`latents\` out.`,
  );
}

function createGenerator(seed: number | bigint | undefined): TorchGenerator {
  if (seed !== undefined) return new TorchGenerator(seed);
  const generator = new TorchGenerator();
  generator.seed();
  return generator;
}
