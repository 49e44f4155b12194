import { InvalidArgumentError, Tensor } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import { classLabelKind, timeEmbeddingWidth, timeTensor, unet2DGraphNames } from "./time-embedding.ts";
import type { UNet2DModelForwardOptions } from "./unet-2d-model.ts";
import {
  leastSizeOf,
  sampleSizeOf,
  sizeFactorOf,
  type UNet2DModelConfigValues,
} from "./unet-2d-model-config.ts";

/**
 * The inputs of the graph for a forward pass, by name; single values are broadcast over the batch.
 *
 * @throws InvalidArgumentError if shape, timesteps or labels do not fit the configuration.
 */
export function forwardInputs(
  config: UNet2DModelConfigValues,
  options: UNet2DModelForwardOptions,
): Record<string, Tensor> {
  const { sample } = options;
  const batch = checkSample(config, sample);
  const timesteps = spread("timestep", options.timestep, batch);
  checkTimesteps("timestep", config, timesteps, "Pass one of `scheduler.timesteps`.");
  const labels = classLabelTensor(config, options.classLabels, batch);
  return {
    [unet2DGraphNames.sample]: sample,
    [unet2DGraphNames.timestep(config)]: timeTensor(config, timesteps),
    ...(labels === undefined ? {} : { [unet2DGraphNames.classLabels]: labels }),
  };
}

/** @returns The number of images. */
function checkSample(config: UNet2DModelConfigValues, sample: Tensor<"float32">): number {
  const [batch = 0, channels = 0, height = 0, width = 0, ...rest] = sample?.shape ?? [];
  const factor = sizeFactorOf(config);
  const least = leastSizeOf(config);
  const isSize = [height, width].every((size) => size >= least && size % factor === 0);
  if (
    sample?.dtype === "float32" &&
    batch >= 1 &&
    channels === config.inChannels &&
    rest.length === 0 &&
    isSize
  ) {
    return batch;
  }
  const own = sampleSizeOf(config);
  throw new InvalidArgumentError({
    subject: "sample",
    found: sample?.dtype === undefined ? describeValue(sample) : sample.describe(),
    expected: `float32 [batch, ${config.inChannels}, ${own.height}, ${own.width}]${factor === 1 ? "" : `, or another height and width that are multiples of ${factor}`}`,
    remedy: "Pass images of the size that the model was made for.",
  });
}

/** Class labels as `UNet2DModel.forward` takes them. */
export type ClassLabels = number | ArrayLike<number> | Tensor<"float32">;

/**
 * The graph input for class labels, one per image; `undefined` for a model without labels.
 *
 * @throws InvalidArgumentError if labels are missing, unsupported, or of the wrong kind.
 */
export function classLabelTensor(
  config: UNet2DModelConfigValues,
  classLabels: ClassLabels | undefined,
  batchSize: number,
): Tensor | undefined {
  const kind = classLabelKind(config);
  if (kind === "embedding") return requireEmbeddings(config, classLabels, batchSize);
  if (typeof classLabels === "object" && "dtype" in classLabels) {
    throw new InvalidArgumentError({
      subject: "classLabels",
      found: classLabels.describe(),
      expected: "a number, or a list of one per image",
      remedy: "A tensor of embeddings is for a model whose `classEmbedType` is identity.",
    });
  }
  if (kind === "timestep") {
    if (classLabels === undefined) throw missing("one number, or one per image");
    const labels = spread("classLabels", classLabels, batchSize);
    checkTimesteps("classLabels", config, labels, "The model embeds its labels as it does its timesteps.");
    return timeTensor(config, labels);
  }
  const { numClassEmbeds } = config;
  const labels = resolveClassLabels({ numClassEmbeds, classLabels, batchSize });
  if (labels !== undefined) return new Tensor("int64", BigInt64Array.from(labels, BigInt), [batchSize]);
  if (numClassEmbeds === null) return undefined;
  throw missing(`one class, or one per image, each from 0 to ${numClassEmbeds - 1}`);
}

function requireEmbeddings(
  config: UNet2DModelConfigValues,
  classLabels: ClassLabels | undefined,
  batchSize: number,
): Tensor<"float32"> {
  const width = timeEmbeddingWidth(config);
  const expected = `a tensor of embeddings, float32 [${batchSize}, ${width}] or [1, ${width}]`;
  if (classLabels === undefined) throw missing(expected);
  if (typeof classLabels === "object" && "dtype" in classLabels && classLabels.dtype === "float32") {
    const shape = classLabels.shape.join();
    if (shape === `${batchSize},${width}`) return classLabels;
    if (shape === `1,${width}`)
      return Tensor.concat(new Array<typeof classLabels>(batchSize).fill(classLabels));
  }
  throw new InvalidArgumentError({
    subject: "classLabels",
    found: describe(classLabels),
    expected,
    remedy: "The `classEmbedType` of the model is identity: it adds the labels to its time embedding.",
  });
}

function describe(classLabels: ClassLabels): string {
  if (typeof classLabels === "number") return String(classLabels);
  return "dtype" in classLabels ? classLabels.describe() : `a list of ${classLabels.length} numbers`;
}

function missing(expected: string): InvalidArgumentError {
  return new InvalidArgumentError({
    subject: "class_labels should be provided when doing class conditioning",
    found: "no classLabels",
    expected,
    remedy: "Pass `classLabels`.",
  });
}

/** Options of {@link resolveClassLabels}. */
export interface ResolveClassLabelsOptions {
  /** Number of classes; null for a model without classes. */
  readonly numClassEmbeds: number | null;
  /** How a label becomes a vector; see `UNet2DModelConfig.classEmbedType`. An embedding table if omitted. */
  readonly classEmbedType?: "timestep" | "identity" | null | undefined;
  /** One class or a list, as passed by the caller; `undefined` if not given. */
  readonly classLabels: unknown;
  readonly batchSize: number;
}

/**
 * Checks class labels and broadcasts them over the batch.
 *
 * @returns One label per image; `undefined` if none were given.
 * @throws InvalidArgumentError if a label is out of range, their number is wrong, or the model has no classes. (diffusers
 * fails in the embedding for the first, and silently drops labels for a model without classes.)
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

/** `"3"` and `3n`: the right class with the wrong type. */
function isNumeral(label: unknown): label is string | bigint {
  return typeof label === "bigint" || (typeof label === "string" && /^\d+$/.test(label));
}

/**
 * Checks that the model can embed timesteps, or labels embedded like them: finite numbers; numbers above 0 for a Fourier
 * embedding, which takes their logarithm; row numbers for a learned one.
 *
 * @throws InvalidArgumentError
 */
export function checkTimesteps(
  subject: string,
  config: Pick<UNet2DModelConfigValues, "timeEmbeddingType" | "numTrainTimesteps">,
  timesteps: readonly number[],
  remedy: string,
): void {
  const { expected, accepts } = timestepRule(config);
  if (timesteps.every(accepts)) return;
  throw new InvalidArgumentError({ subject, found: timesteps.join(", "), expected, remedy });
}

function timestepRule({
  timeEmbeddingType,
  numTrainTimesteps,
}: Pick<UNet2DModelConfigValues, "timeEmbeddingType" | "numTrainTimesteps">): {
  readonly expected: string;
  readonly accepts: (timestep: number) => boolean;
} {
  switch (timeEmbeddingType) {
    case "positional":
      return { expected: "finite numbers", accepts: Number.isFinite };
    case "fourier":
      return {
        expected: "finite numbers above 0, as the model divides by them",
        accepts: (timestep) => Number.isFinite(timestep) && Math.fround(timestep) > 0,
      };
    case "learned": {
      const count = numTrainTimesteps ?? 0;
      return {
        expected: `integers from 0 to ${count - 1}`,
        accepts: (timestep) => Number.isInteger(timestep) && timestep >= 0 && timestep < count,
      };
    }
  }
}

/**
 * Expands one value for all images, or one per image, to one per image.
 *
 * @throws InvalidArgumentError if the number of values is neither.
 */
export function spread(
  subject: string,
  values: number | ArrayLike<number>,
  batch: number,
): readonly number[] {
  const list = typeof values === "number" ? [values] : Array.from(values);
  if (list.length === batch) return list;
  if (list.length === 1) return new Array<number>(batch).fill(list[0] as number);
  throw new InvalidArgumentError({
    subject,
    found: `${list.length} values`,
    expected: `1, or ${batch}, one per image`,
    remedy: "Pass one for all images, or one for each.",
  });
}
