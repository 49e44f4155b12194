import { InvalidArgumentError, Tensor } from "@onestep/core";
import { checkTimesteps, spread } from "./check-timesteps.ts";
import { resolveClassLabels } from "./resolve-class-labels.ts";
import { classLabelKind, timeEmbeddingWidth, timeTensor } from "./time-embedding.ts";
import type { UNet2DModelConfigValues } from "./unet-2d-model-config.ts";

/** Class labels as `UNet2DModel.forward` takes them. */
export type ClassLabels = number | ArrayLike<number> | Tensor<"float32">;

/**
 * What the graph takes for class labels, one per image; `undefined` for a model without them.
 *
 * @throws InvalidArgumentError where labels are missing, not wanted, or not of the kind that the model takes.
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
