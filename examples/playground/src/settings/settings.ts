/** The chosen model: the bundled one, one from the Hub, or the user's files. */
export type ModelChoice =
  | { readonly kind: "shipped" }
  | { readonly kind: "hub"; readonly id: string; readonly revision: string | undefined }
  | { readonly kind: "files" };

/** The settings of a text-to-image model. */
export interface TextSettings {
  readonly prompt: string;
  /** What to avoid; empty for nothing, and for models without a negative prompt. */
  readonly negativePrompt: string;
  readonly guidanceScale: number;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
}

/** Everything an image depends on, and the number of images. */
export interface Settings {
  readonly model: ModelChoice;
  /** The class, or one image of each, for models with classes. */
  readonly classLabel: number | "each";
  /** The number of steps; if `timesteps` is set, its length. */
  readonly steps: number;
  /** Points of the training grid, descending, if chosen by the user. */
  readonly timesteps: readonly number[] | undefined;
  /** The seed of the first image; each further image uses the next seed. */
  readonly seed: number;
  readonly count: number;
  /** The prompt and related settings; `undefined` for models without a prompt. */
  readonly text?: TextSettings | undefined;
}

/** The largest seed: torch uses only the lower 32 bits of larger ones. */
export const largestSeed: number = 2 ** 32 - 1;

/** A batch is computed at once, so many images need a lot of memory. */
export const largestCount = 64;

/** The maximum number of steps that the page offers without explicit timesteps. */
export const largestSteps = 3;

/** The maximum number of steps for a text-to-image model. */
export const largestTextSteps = 150;

/** The page's initial settings. */
export const defaultSettings: Settings = {
  model: { kind: "shipped" },
  classLabel: "each",
  steps: 1,
  timesteps: undefined,
  seed: 40,
  count: 30,
};

/** The seeds of a run, one per image. They wrap around to 0 after the largest. */
export function seedsOf({ seed, count }: Pick<Settings, "seed" | "count">): readonly number[] {
  return Array.from({ length: count }, (_, index) => (seed + index) % (largestSeed + 1));
}

/** The class of each image; `undefined` for models without classes. */
export function classLabelsOf(
  { classLabel, count }: Pick<Settings, "classLabel" | "count">,
  classCount: number | undefined,
): readonly number[] | undefined {
  if (classCount === undefined) return undefined;
  return Array.from({ length: count }, (_, index) =>
    classLabel === "each" ? index % classCount : classLabel,
  );
}
