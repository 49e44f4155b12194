import { InvalidArgumentError, Tensor } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { type ClassLabels, classLabelTensor } from "./inputs.ts";
import { type UNet2DModelConfigValues, unet2DModelConfigSchema } from "./unet-2d-model-config.ts";

function configOf(changes: Partial<UNet2DModelConfigValues>): UNet2DModelConfigValues {
  return unet2DModelConfigSchema.fromOptions({ blockOutChannels: [4, 8], ...changes });
}

const none = configOf({});
const table = configOf({ numClassEmbeds: 7 });
const timestep = configOf({ classEmbedType: "timestep", timeEmbeddingType: "fourier" });
const positional = configOf({ classEmbedType: "timestep" });
const learned = configOf({
  classEmbedType: "timestep",
  timeEmbeddingType: "learned",
  numTrainTimesteps: 5,
});
const identity = configOf({ classEmbedType: "identity", timeEmbeddingDim: 3 });

describe("classLabelTensor", () => {
  it("is nothing for a model without labels", () => {
    expect(classLabelTensor(none, undefined, 2)).toBeUndefined();
  });

  it("holds row numbers for a table", () => {
    const labels = classLabelTensor(table, 6, 2);
    expect(labels?.dtype).toBe("int64");
    expect(labels?.data).toEqual(BigInt64Array.of(6n, 6n));
  });

  it("holds what a timestep would be, where labels are embedded like timesteps", () => {
    expect(classLabelTensor(timestep, [0.5, 2], 2)).toEqual(Tensor.from([0.5, 2]));
    expect(classLabelTensor(learned, 4, 2)?.data).toEqual(BigInt64Array.of(4n, 4n));
    const projection = classLabelTensor(positional, 0, 1);
    expect(projection).toEqual(Tensor.from([1, 1, 0, 0], [1, 4]));
  });

  it("holds embeddings as they come, one for all or one per image", () => {
    const embeddings = Tensor.from([1, 2, 3, 4, 5, 6], [2, 3]);
    expect(classLabelTensor(identity, embeddings, 2)).toBe(embeddings);
    const one = embeddings.slice(0, 1);
    expect(classLabelTensor(identity, one, 2)).toEqual(Tensor.from([1, 2, 3, 1, 2, 3], [2, 3]));
  });

  it.each<[string, UNet2DModelConfigValues, ClassLabels | undefined, RegExp]>([
    ["labels that nobody asked for", none, 1, /for a model without classes/],
    ["no labels for a table", table, undefined, /class_labels should be provided.*each from 0 to 6/],
    ["a label outside of the table", table, 7, /classLabels: found 7, expected an integer from 0 to 6/],
    [
      "embeddings for a table",
      table,
      Tensor.zeros([2, 16]),
      /classLabels: found float32 \[2, 16\], expected a number/,
    ],
    [
      "no labels for an embedding",
      timestep,
      undefined,
      /class_labels should be provided.*expected one number/,
    ],
    ["too many labels", timestep, [1, 2, 3], /classLabels: found 3 values, expected 1, or 2/],
    [
      "a label without logarithm",
      timestep,
      [1, 0],
      /classLabels: found 1, 0, expected finite numbers above 0/,
    ],
    ["a label that was not learned", learned, 5, /classLabels: found 5, 5, expected integers from 0 to 4/],
    ["no embeddings", identity, undefined, /class_labels should be provided.*float32 \[2, 3\] or \[1, 3\]/],
    ["a number for an embedding", identity, 1, /classLabels: found 1, expected a tensor of embeddings/],
    ["numbers for embeddings", identity, [1, 2], /classLabels: found a list of 2 numbers/],
    ["embeddings of another width", identity, Tensor.zeros([2, 4]), /classLabels: found float32 \[2, 4\]/],
    ["embeddings for more images", identity, Tensor.zeros([3, 3]), /classLabels: found float32 \[3, 3\]/],
  ])("refuses %s", (_what, config, labels, message) => {
    const build = (): unknown => classLabelTensor(config, labels, 2);
    expect(build).toThrow(InvalidArgumentError);
    expect(build).toThrow(message);
  });
});
