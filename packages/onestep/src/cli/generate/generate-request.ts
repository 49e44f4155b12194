import { parseBigIntegers, parseClassLabels, parseCount, parseIntegers } from "../arguments/parse-values.ts";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import { UsageError } from "../arguments/usage-error.ts";

/** What `onestep generate` was asked to make. */
export interface GenerateRequest {
  /** The model; `undefined` for the one that ships. */
  readonly model: string | undefined;
  /** Numbers or names, one for all images or one per image. */
  readonly classLabels: readonly (number | string)[] | undefined;
  /** One for all images, or one per image. */
  readonly seeds: readonly bigint[];
  /** Whether the seed was drawn, since none was given. */
  readonly isSeedDrawn: boolean;
  readonly numInferenceSteps: number | undefined;
  readonly timesteps: readonly number[] | undefined;
  /** How many images. */
  readonly batchSize: number;
  /** The file that was named. */
  readonly out: string | undefined;
  /** Columns of the grid that all images become. */
  readonly gridColumns: number | undefined;
  readonly threads: number | undefined;
}

/** Reads the options of `onestep generate`. @throws UsageError */
export function readGenerateRequest(parsed: ParsedArguments): GenerateRequest {
  const classLabels = parseClassLabels("class-label", parsed.texts("class-label"));
  const givenSeeds = parseBigIntegers("seed", parsed.texts("seed"));
  const seeds = givenSeeds ?? [drawSeed()];
  const timesteps = parseIntegers("timesteps", parsed.texts("timesteps"));
  const numInferenceSteps = readCount(parsed, "steps");
  if (timesteps !== undefined && numInferenceSteps !== undefined) {
    throw new UsageError("--steps and --timesteps exclude each other: give one of them.");
  }
  return {
    model: parsed.positionals[0],
    classLabels,
    seeds,
    isSeedDrawn: givenSeeds === undefined,
    numInferenceSteps,
    timesteps,
    batchSize: readCount(parsed, "batch-size") ?? Math.max(classLabels?.length ?? 1, seeds.length),
    out: readOut(parsed),
    gridColumns: readCount(parsed, "grid"),
    threads: readCount(parsed, "threads"),
  };
}

/**
 * Checks that labels and seeds are as many as images.
 *
 * @throws UsageError
 */
export function requireCounts({ batchSize, classLabels = [], seeds }: GenerateRequest): void {
  const counts = [
    ["class-label", classLabels.length],
    ["seed", seeds.length],
  ] as const;
  for (const [option, count] of counts) {
    if (count <= 1 || count === batchSize) continue;
    throw new UsageError(
      `--${option}: found ${count} of them for ${batchSize} ${batchSize === 1 ? "image" : "images"}, expected one for all, or one per image.`,
    );
  }
}

function readCount(parsed: ParsedArguments, option: string): number | undefined {
  const text = parsed.text(option);
  return text === undefined ? undefined : parseCount(option, text);
}

function readOut(parsed: ParsedArguments): string | undefined {
  const out = parsed.text("out");
  if (out === undefined || /[^/\\]\.png$/i.test(out)) return out;
  throw new UsageError(`--out: found ${JSON.stringify(out)}, expected the name of a file that ends in .png.`);
}

/** 32 bits: enough not to meet by chance, and short enough to type again. */
function drawSeed(): bigint {
  const [seed = 0] = crypto.getRandomValues(new Uint32Array(1));
  return BigInt(seed);
}
