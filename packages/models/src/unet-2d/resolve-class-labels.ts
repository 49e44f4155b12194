import { InvalidArgumentError } from "@onestep/core";

/** What {@link resolveClassLabels} decides from. */
export interface ResolveClassLabelsOptions {
  /** How many classes the model knows; null for a model without classes. */
  readonly numClassEmbeds: number | null;
  readonly classLabels: number | ArrayLike<number> | undefined;
  readonly batchSize: number;
}

/**
 * Checks given class labels and spreads them over the batch.
 *
 * @returns One label per image; `undefined` where the model has no classes, or none were given.
 * @throws InvalidArgumentError where a label is out of range, their number is wrong, or the model has no classes. (In
 * diffusers the first fails in the embedding, and labels for a model without classes are dropped without a word.)
 */
export function resolveClassLabels(options: ResolveClassLabelsOptions): readonly number[] | undefined {
  const { numClassEmbeds, classLabels, batchSize } = options;
  if (classLabels === undefined) return undefined;
  const labels = typeof classLabels === "number" ? [classLabels] : Array.from(classLabels);
  if (numClassEmbeds === null) {
    throw new InvalidArgumentError({
      subject: "classLabels",
      found: `[${labels.join(", ")}] for a model without classes`,
      expected: "no classLabels",
      remedy: "Leave `classLabels` out, or load a class-conditional model.",
    });
  }
  if (labels.length !== 1 && labels.length !== batchSize) {
    throw new InvalidArgumentError({
      subject: "classLabels",
      found: `${labels.length} labels`,
      expected: batchSize === 1 ? "1, one per image" : `1 for all images, or ${batchSize}, one per image`,
      remedy: "Pass as many labels as `batchSize`, or leave `batchSize` out.",
    });
  }
  for (const label of labels) {
    if (Number.isInteger(label) && label >= 0 && label < numClassEmbeds) continue;
    throw new InvalidArgumentError({
      subject: "classLabels",
      found: String(label),
      expected: `an integer from 0 to ${numClassEmbeds - 1}`,
      remedy: "The model knows no other classes.",
    });
  }
  return labels.length === batchSize ? labels : new Array<number>(batchSize).fill(labels[0] as number);
}
