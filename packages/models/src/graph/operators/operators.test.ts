import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../graph-builder.ts";
import { GraphError } from "../graph-error.ts";
import type { Dimension, GraphValue } from "../graph-value.ts";
import { add, castTo, multiply, softmax } from "./elementwise.ts";
import { linear, matrixProduct } from "./matrix.ts";
import { concatenate, expand, gatherRows, reshape, slice, transpose } from "./shaping.ts";
import {
  averagePool2x2,
  convolution,
  depthwiseTransposedConvolution,
  imageShape,
  nearestUpsample2x,
  reflectPad,
} from "./spatial.ts";

const builder = new GraphBuilder();
let count = 0;

function value(...shape: Dimension[]): GraphValue {
  count += 1;
  return builder.input(`value_${count}`, "float32", shape);
}

describe("shapes", () => {
  it("broadcast in elementwise operators", () => {
    expect(add(builder, value("batch", 8, 4, 4), value("batch", 8, 1, 1)).shape).toEqual(["batch", 8, 4, 4]);
    expect(multiply(builder, value("batch", 8, 4, 4), value(8, 1, 1)).shape).toEqual(["batch", 8, 4, 4]);
    expect(add(builder, value(1), value("batch", 3)).shape).toEqual(["batch", 3]);
    expect(softmax(builder, value("batch", 3), -1).shape).toEqual(["batch", 3]);
  });

  it("follow convolutions and resampling", () => {
    const image = value("batch", 8, 9, 7);
    const edge = { padding: [1, 1, 1, 1] as const };
    expect(convolution(builder, image, value(16, 8, 3, 3), value(16), edge).shape).toEqual([
      "batch",
      16,
      9,
      7,
    ]);
    expect(convolution(builder, image, value(16, 8, 3, 3), value(16), { ...edge, stride: 2 }).shape).toEqual([
      "batch",
      16,
      5,
      4,
    ]);
    const depthwise = { ...edge, stride: 2 };
    expect(
      convolution(builder, image, value(8, 1, 4, 4), undefined, { ...depthwise, groups: 8 }).shape,
    ).toEqual(["batch", 8, 4, 3]);
    expect(depthwiseTransposedConvolution(builder, image, value(8, 1, 4, 4), depthwise).shape).toEqual([
      "batch",
      8,
      18,
      14,
    ]);
    expect(reflectPad(builder, image, 1).shape).toEqual(["batch", 8, 11, 9]);
    expect(averagePool2x2(builder, image).shape).toEqual(["batch", 8, 4, 3]);
    expect(nearestUpsample2x(builder, image).shape).toEqual(["batch", 8, 18, 14]);
  });

  it("follow reshaping", () => {
    const image = value("batch", 8, 4, 4);
    expect(reshape(builder, image, ["batch", 2, 64]).shape).toEqual(["batch", 2, 64]);
    expect(transpose(builder, image, [0, 2, 3, 1]).shape).toEqual(["batch", 4, 4, 8]);
    expect(concatenate(builder, [image, value("batch", 3, 4, 4)], 1).shape).toEqual(["batch", 11, 4, 4]);
    expect(expand(builder, value(1, 1, 4), [8, 1, 4]).shape).toEqual([8, 1, 4]);
    expect(slice(builder, image, 1, 2, 5).shape).toEqual(["batch", 3, 4, 4]);
    expect(gatherRows(builder, value(10, 32), value("batch")).shape).toEqual(["batch", 32]);
  });

  it("follow matrix products", () => {
    expect(linear(builder, value("batch", 8), value(16, 8), value(16)).shape).toEqual(["batch", 16]);
    expect(matrixProduct(builder, value("batch", 2, 3, 4), value("batch", 2, 4, 5)).shape).toEqual([
      "batch",
      2,
      3,
      5,
    ]);
  });

  it("leave a float32 value as it is when cast to float32", () => {
    const already = value(2);
    expect(castTo(builder, already, "float32")).toBe(already);
    const half = builder.input("half", "float16", [2]);
    expect(castTo(builder, half, "float32").elementType).toBe("float32");
  });
});

describe("shapes that do not fit are refused while building:", () => {
  it.each<[string, () => unknown, RegExp]>([
    ["a sum", () => add(builder, value(2, 3), value(2, 4)), /Add: found \[2, 3\] and \[2, 4\]/],
    [
      "a convolution",
      () => convolution(builder, value("batch", 8, 4, 4), value(16, 4, 3, 3), value(16)),
      /found \[16, 4, 3, 3\] for an input of \[batch, 8, 4, 4\], expected \[out channels, 8/,
    ],
    [
      "a convolution of each channel by itself",
      () => convolution(builder, value("batch", 8, 4, 4), value(8, 8, 3, 3), undefined, { groups: 8 }),
      /found \[8, 8, 3, 3\] for an input of \[batch, 8, 4, 4\], expected \[out channels, 1, /,
    ],
    [
      "a transposed convolution",
      () =>
        depthwiseTransposedConvolution(builder, value("batch", 8, 4, 4), value(4, 1, 4, 4), {
          stride: 2,
          padding: [1, 1, 1, 1],
        }),
      /found \[4, 1, 4, 4\] for an input of \[batch, 8, 4, 4\], expected \[8, 1, kernel height/,
    ],
    [
      "a mirrored edge of a single pixel",
      () => reflectPad(builder, value("batch", 8, 1, 4), 1),
      /Pad of value_\d+: found \[batch, 8, 1, 4\], expected an image of at least 2×2 pixels/,
    ],
    ["a repetition", () => expand(builder, value(2, 3), [4, 3]), /Expand of value_\d+: found \[2, 3\]/],
    ["an image", () => imageShape(value("batch", 8, 4)), /expected \[batch, channels, height, width\]/],
    [
      "a reshape",
      () => reshape(builder, value("batch", 8), ["batch", 9]),
      /Reshape of value_\d+: found \[batch, 8\]/,
    ],
    ["a moved batch", () => reshape(builder, value("batch", 8), [8, "batch"]), /batch at dimension 1/],
    [
      "a transposition",
      () => transpose(builder, value(2, 3), [0, 0]),
      /an order of all dimensions, not \[0, 0\]/,
    ],
    ["a slice", () => slice(builder, value(2, 3), 1, 2, 4), /at least 4 elements in dimension 1/],
    [
      "a concatenation",
      () => concatenate(builder, [value(2, 3), value(3, 3)], 1),
      /\[2, 3\] but for dimension 1/,
    ],
    ["nothing to concatenate", () => concatenate(builder, [], 0), /found no values/],
    ["a linear layer", () => linear(builder, value("batch", 8), value(16, 9), value(16)), /Linear: found/],
    [
      "a matrix product",
      () => matrixProduct(builder, value(2, 3), value(4, 5)),
      /MatMul: found \[2, 3\] and \[4, 5\]/,
    ],
  ])("%s", (_what, build, message) => {
    expect(build).toThrow(GraphError);
    expect(build).toThrow(message);
  });
});
