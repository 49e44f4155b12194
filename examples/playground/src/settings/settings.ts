/** Which model: the one that ships, one of the Hub, or files of the person at the page. */
export type ModelChoice =
  | { readonly kind: "shipped" }
  | { readonly kind: "hub"; readonly id: string; readonly revision: string | undefined }
  | { readonly kind: "files" };

/** What to make of a text, for a text-to-image model. */
export interface TextSettings {
  readonly prompt: string;
  /** What to avoid; empty for nothing, and for models that take none. */
  readonly negativePrompt: string;
  readonly guidanceScale: number;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
}

/** What an image depends on, and how many of them. */
export interface Settings {
  readonly model: ModelChoice;
  /** The class, or one of each, for models that have classes. */
  readonly classLabel: number | "each";
  /** How many steps; where `timesteps` is given, it says how many. */
  readonly steps: number;
  /** Which points of the training grid, descending, where the person chose them. */
  readonly timesteps: readonly number[] | undefined;
  /** The seed of the first image; each further image has the next one. */
  readonly seed: number;
  readonly count: number;
  /** The prompt and what belongs to it; `undefined` for models without a prompt. */
  readonly text?: TextSettings | undefined;
}

/** The largest seed: of a longer one, torch takes the lower 32 bits. */
export const largestSeed: number = 2 ** 32 - 1;

/** A batch is computed at once, so that many images need much memory. */
export const largestCount = 64;

/** As many steps as the page offers without naming timesteps. */
export const largestSteps = 3;

/** As many steps as a text-to-image model takes. */
export const largestTextSteps = 150;

/** What the page begins with. */
export const defaultSettings: Settings = {
  model: { kind: "shipped" },
  classLabel: "each",
  steps: 1,
  timesteps: undefined,
  seed: 40,
  count: 30,
};

/** The seeds of a run, one for each image. They go on from 0 after the largest. */
export function seedsOf({ seed, count }: Pick<Settings, "seed" | "count">): readonly number[] {
  return Array.from({ length: count }, (_, index) => (seed + index) % (largestSeed + 1));
}

/** The class of each image; `undefined` for a model without classes. */
export function classLabelsOf(
  { classLabel, count }: Pick<Settings, "classLabel" | "count">,
  classCount: number | undefined,
): readonly number[] | undefined {
  if (classCount === undefined) return undefined;
  return Array.from({ length: count }, (_, index) =>
    classLabel === "each" ? index % classCount : classLabel,
  );
}
