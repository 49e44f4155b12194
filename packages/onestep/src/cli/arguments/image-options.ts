import type { PositionalDefinition } from "../command.ts";
import { type OptionDefinition, type ParsedArguments, UsageError } from "./parse-arguments.ts";
import { parseBigIntegers, parseClassLabels, parseCount, parseIntegers } from "./parse-values.ts";
import { repositoryOptions } from "./repository-options.ts";

/** Options for class-conditional models. */
export const classLabelOption: OptionDefinition = {
  name: "class-label",
  value: "list",
  repeatable: true,
  description:
    "What to make, for models with classes: one class for all images or one per image, by number or name in any case, such as 145, 0-9 or fox,pizza (default: random, printed)",
};

/** Names of classes. */
export const id2labelOption: OptionDefinition = {
  name: "id2label",
  value: "file",
  completes: "file",
  description:
    "Names of the classes for --class-label, if the model has none: JSON of names by number, such as ImageNet's, or one name per line",
};

/** `--seed`. */
export const seedOption: OptionDefinition = {
  name: "seed",
  value: "list",
  repeatable: true,
  description: "Random seed: one integer for all images, or one per image (default: random, printed)",
};

/** `--timesteps`. */
export const timestepsOption: OptionDefinition = {
  name: "timesteps",
  value: "list",
  repeatable: true,
  description: "Which steps, instead of --steps: descending indices into the training grid, such as 22,0",
};

/** `--out`. */
export const outOption: OptionDefinition = {
  name: "out",
  short: "o",
  value: "file",
  completes: "file",
  description:
    "Where to save, as .png, .jpg or .webp, or - for a PNG on the standard output; name.png becomes name-0.png, name-1.png, ... for several images. An existing file is REPLACED (default: onestep.png, or onestep-2.png and so on: the default replaces nothing)",
};

/** `--grid`. */
export const gridOption: OptionDefinition = {
  name: "grid",
  value: "columns",
  description: "Save all images as one, in a grid",
};

/** How results are saved and shown. */
export const outputOptions: readonly OptionDefinition[] = [
  outOption,
  gridOption,
  {
    name: "scale",
    value: "factor",
    description:
      "Save the images so many times larger, each pixel as a square: 8 for 256 pixels instead of 32",
  },
  {
    name: "no-metadata",
    description: "Do not write what made the image (prompt or class, seed, settings) into the PNG",
  },
  {
    name: "preview",
    description: "Show the images in the terminal (default: in kitty, Ghostty, WezTerm, iTerm2, foot)",
  },
  { name: "no-preview", description: "Do not show the images in the terminal" },
];

/** Where the model runs, and with how many threads. */
export const sessionOptions: readonly OptionDefinition[] = [
  {
    name: "device",
    value: "name",
    choices: ["auto", "cpu", "webgpu", "wasm"],
    description: "Where to run: auto, cpu, webgpu, wasm (default: auto)",
  },
  {
    name: "threads",
    value: "count",
    description: "Threads to compute with (default: the number of physical cores)",
  },
];

/** The images of an edit. */
export const imagePositional: PositionalDefinition = {
  name: "image",
  repeatable: true,
  required: true,
  completes: "file",
  description: "Images to edit: PNG, JPEG or WebP; - for the standard input",
};

/** The images of an edit, or its model. */
export const imageOrModelPositional: PositionalDefinition = {
  name: "image",
  repeatable: true,
  completes: "file",
  description:
    "Images to edit: PNG, JPEG or WebP; - for the standard input. With --image, the model in their place",
};

/** How images of a different size than the model's are handled. */
export const resizeModeOption: OptionDefinition = {
  name: "resize-mode",
  value: "name",
  choices: ["default", "crop", "fill"],
  description:
    "How to resize images of another size than the model's: default (stretch), crop (scale to cover, and cut off the rest), fill (scale to fit, and repeat the pixels at the edge)",
};

/** Steps of an edit. */
export const editStepOptions: readonly OptionDefinition[] = [
  {
    name: "steps",
    value: "count",
    description: "How many steps (default: 20; of a text-to-image model, its own)",
  },
  timestepsOption,
];

/** Options shared by all edits: the model, the seed, the output. */
export const editOptions: readonly OptionDefinition[] = [
  {
    name: "model",
    short: "m",
    value: "name",
    description:
      "A consistency model on the Hub (openai/diffusers-cd_imagenet64_l2), a folder, the URL of a folder, or an original checkpoint in one file; some edits take text-to-image models (default: the included model of thirty emoji)",
  },
  {
    ...classLabelOption,
    description:
      "What the images show, for models with classes: one class for all images or one per image, by number or name, such as 145 or fox (recommended; a random class otherwise)",
  },
  id2labelOption,
  seedOption,
  ...outputOptions,
  ...sessionOptions,
  ...repositoryOptions,
];

/** Number of results. */
export const batchSizeOption: OptionDefinition = {
  name: "batch-size",
  value: "count",
  description: "How many results of one image (default: as many as there are images, labels or seeds)",
};

/** The parsed request of `onestep generate`. */
export interface GenerateRequest {
  /** The model; `undefined` for the bundled one. */
  readonly model: string | undefined;
  /** Numbers or names, one for all images or one per image. */
  readonly classLabels: readonly (number | string)[] | undefined;
  /** One for all images, or one per image. */
  readonly seeds: readonly bigint[];
  /** Whether the seed is random because none was given. */
  readonly isSeedDrawn: boolean;
  readonly numInferenceSteps: number | undefined;
  readonly timesteps: readonly number[] | undefined;
  /** Number of images. */
  readonly batchSize: number;
  /** The output file given by the user. */
  readonly out: string | undefined;
  /** Columns of the grid that combines all images. */
  readonly gridColumns: number | undefined;
  /** How many times larger images are saved. */
  readonly scale: number | undefined;
  /** Whether PNGs hold what made them. */
  readonly hasMetadata: boolean;
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
    scale: readCount(parsed, "scale"),
    hasMetadata: !parsed.has("no-metadata"),
    threads: readCount(parsed, "threads"),
  };
}

/**
 * Checks that the number of labels and seeds matches the number of images.
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
  if (out === undefined || out === "-" || /[^/\\]\.(png|jpe?g|webp)$/i.test(out)) return out;
  throw new UsageError(
    `--out: found ${JSON.stringify(out)}, expected the name of a file that ends in .png, .jpg, .jpeg or .webp, or - for the standard output.`,
  );
}

/** 32 bits: large enough to avoid collisions, short enough to retype. */
function drawSeed(): bigint {
  const [seed = 0] = crypto.getRandomValues(new Uint32Array(1));
  return BigInt(seed);
}
