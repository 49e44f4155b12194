import { describeValue, InvalidArgumentError } from "@onestep/core";

/** What {@link resolveClassLabels} decides from. */
export interface ResolveClassLabelsOptions {
  /** How many classes the model knows; null for a model without classes. */
  readonly numClassEmbeds: number | null;
  /** How a label becomes a vector; see `UNet2DModelConfig.classEmbedType`. By a table of classes where it is left out. */
  readonly classEmbedType?: "timestep" | "identity" | null | undefined;
  /** One class or a list of them, as the caller gives it; `undefined` where none are given. */
  readonly classLabels: unknown;
  readonly batchSize: number;
}

/**
 * Checks given class labels and spreads them over the batch.
 *
 * @returns One label per image; `undefined` where none were given.
 * @throws InvalidArgumentError where a label is out of range, their number is wrong, or the model has no classes. (In
 * diffusers the first fails in the embedding, and labels for a model without classes are dropped without a word.)
 */
export function resolveClassLabels(options: ResolveClassLabelsOptions): readonly number[] | undefined {
  const { numClassEmbeds, classEmbedType = null, classLabels, batchSize } = options;
  if (classLabels === undefined) return undefined;
  if (classEmbedType === "identity") {
    throw new InvalidArgumentError({
      subject: "classLabels",
      found: `${describeValue(classLabels)} for a model whose classEmbedType is "identity"`,
      expected: "embeddings, which the model adds to that of the timestep",
      remedy: "Run it with `UNet2DModel.forward`, which takes a tensor of them as `classLabels`.",
    });
  }
  if (numClassEmbeds === null && classEmbedType === null) {
    throw new InvalidArgumentError({
      subject: "classLabels",
      found: `${describeValue(classLabels)} for a model without classes`,
      expected: "no classLabels",
      remedy: "Leave `classLabels` out, or load a class-conditional model.",
    });
  }
  const labels = toList(classLabels);
  if (labels.length !== 1 && labels.length !== batchSize) {
    throw new InvalidArgumentError({
      subject: "classLabels",
      found: `${labels.length} labels`,
      expected: batchSize === 1 ? "1, one per image" : `1 for all images, or ${batchSize}, one per image`,
      remedy: "Pass as many labels as `batchSize`, or leave `batchSize` out.",
    });
  }
  const checked = labels.map((label) =>
    classEmbedType === "timestep" ? requireNumber(label) : requireClass(label, numClassEmbeds ?? 0),
  );
  return checked.length === batchSize ? checked : new Array<number>(batchSize).fill(checked[0] as number);
}

function toList(classLabels: unknown): readonly unknown[] {
  const isList = typeof classLabels === "object" && classLabels !== null && "length" in classLabels;
  return isList ? Array.from(classLabels as ArrayLike<unknown>) : [classLabels];
}

function requireNumber(label: unknown): number {
  if (typeof label === "number" && Number.isFinite(label)) return label;
  throw new InvalidArgumentError({
    subject: "classLabels",
    found: describeValue(label),
    expected: "a number, which is embedded as a timestep is",
    remedy: "Pass numbers.",
  });
}

function requireClass(label: unknown, numClassEmbeds: number): number {
  if (typeof label === "number" && Number.isInteger(label) && label >= 0 && label < numClassEmbeds) {
    return label;
  }
  throw new InvalidArgumentError({
    subject: "classLabels",
    found: describeValue(label),
    expected: `an integer from 0 to ${numClassEmbeds - 1}`,
    remedy: isNumeral(label) ? `Pass the number ${label}.` : "The model knows no other classes.",
  });
}

/** `"3"` and `3n`: the right class, of the wrong type. */
function isNumeral(label: unknown): label is string | bigint {
  return typeof label === "bigint" || (typeof label === "string" && /^\d+$/.test(label));
}
