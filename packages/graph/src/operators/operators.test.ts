import { describe, expect, it } from "vitest";
import { GraphError } from "../errors.ts";
import { createValue, type Value, type ValueDType } from "../graph.ts";
import type { Dimension } from "../shape.ts";
import { quickGelu, softmax } from "./activation.ts";
import { add, cast, constant, mul } from "./arithmetic.ts";
import { scaledDotProductAttention } from "./attention.ts";
import { imageShape } from "./checks.ts";
import { avgPool2d, conv2d, convTranspose2d, upsampleNearest2d } from "./convolution.ts";
import { embedding, linear, matmul } from "./matrix.ts";
import { groupNorm, layerNorm } from "./normalisation.ts";
import { chunk, concat, expand, permute, reshape, slice } from "./shaping.ts";

function value(...shape: Dimension[]): Value {
  return typed("float32", ...shape);
}

function typed(dtype: ValueDType, ...shape: Dimension[]): Value {
  return createValue("input", [], { name: "x" }, { dtype, shape });
}

const edge = { padding: [1, 1, 1, 1] } as const;

describe("shapes", () => {
  it("broadcast in elementwise operators", () => {
    expect(add(value("batch", 8, 4, 4), value("batch", 8, 1, 1)).shape).toEqual(["batch", 8, 4, 4]);
    expect(mul(value("batch", 8, 4, 4), value(8, 1, 1)).shape).toEqual(["batch", 8, 4, 4]);
    expect(add(value(1), value("batch", 3)).shape).toEqual(["batch", 3]);
    expect(softmax(value("batch", 3), -1).shape).toEqual(["batch", 3]);
    expect(quickGelu(typed("float16", "batch", 3))).toMatchObject({ dtype: "float16", shape: ["batch", 3] });
  });

  it("follow convolutions and resampling", () => {
    const image = value("batch", 8, 9, 7);
    const kernel = value(16, 8, 3, 3);
    expect(conv2d(image, kernel, value(16), edge).shape).toEqual(["batch", 16, 9, 7]);
    expect(conv2d(image, kernel, value(16), { ...edge, stride: 2 }).shape).toEqual(["batch", 16, 5, 4]);
    const depthwise = { ...edge, stride: 2 };
    const filter = value(8, 1, 4, 4);
    expect(conv2d(image, filter, undefined, { ...depthwise, groups: 8 }).shape).toEqual(["batch", 8, 4, 3]);
    expect(convTranspose2d(image, filter, depthwise).shape).toEqual(["batch", 8, 18, 14]);
    const mirrored = { stride: 2, padding: [3, 3, 3, 3], paddingMode: "reflect" } as const;
    expect(convTranspose2d(image, filter, mirrored).shape).toEqual(["batch", 8, 18, 14]);
    expect(avgPool2d(image, 2).shape).toEqual(["batch", 8, 4, 3]);
    expect(upsampleNearest2d(image, 2).shape).toEqual(["batch", 8, 18, 14]);
  });

  it("follow convolutions and resampling of an image whose size is not decided", () => {
    const image = value("batch", 8, "height", "width/2");
    expect(conv2d(image, value(4, 8, 3, 3), undefined, edge).shape).toEqual([
      "batch",
      4,
      "height",
      "width/2",
    ]);
    const halved = ["batch", 4, "height/2", "width/4"];
    expect(conv2d(image, value(4, 8, 3, 3), undefined, { ...edge, stride: 2 }).shape).toEqual(halved);
    const onRight = { stride: 2, padding: [0, 0, 1, 1] } as const;
    expect(conv2d(image, value(4, 8, 3, 3), undefined, onRight).shape).toEqual(halved);
    expect(avgPool2d(image, 2).shape).toEqual(["batch", 8, "height/2", "width/4"]);
    expect(upsampleNearest2d(image, 2).shape).toEqual(["batch", 8, "2*height", "width"]);
    expect(convTranspose2d(image, value(8, 1, 4, 4), { ...edge, stride: 2 }).shape).toEqual([
      "batch",
      8,
      "2*height",
      "width",
    ]);
  });

  it("follow reshaping", () => {
    const image = value("batch", 8, 4, 4);
    expect(reshape(image, ["batch", 2, 64]).shape).toEqual(["batch", 2, 64]);
    expect(reshape(value("batch", 8, "height", 4), ["batch", 2, "16*height"]).shape[2]).toBe("16*height");
    expect(permute(image, [0, 2, 3, 1]).shape).toEqual(["batch", 4, 4, 8]);
    expect(concat([image, value("batch", 3, 4, 4)], 1).shape).toEqual(["batch", 11, 4, 4]);
    expect(expand(value(1, 1, 4), [8, 1, 4]).shape).toEqual([8, 1, 4]);
    expect(slice(image, 1, 2, 5).shape).toEqual(["batch", 3, 4, 4]);
    const parts = chunk(image, 1, 2);
    expect(parts.map(({ shape }) => shape)).toEqual(new Array(2).fill(["batch", 4, 4, 4]));
    expect(new Set(parts.map(({ node }) => node)).size).toBe(1);
    expect(embedding(value(10, 32), typed("int64", "batch", 77)).shape).toEqual(["batch", 77, 32]);
  });

  it("follow matrix products, norms and attention", () => {
    expect(linear(value("batch", 8), value(16, 8), value(16)).shape).toEqual(["batch", 16]);
    expect(linear(value("batch", 77, 8), value(16, 8)).shape).toEqual(["batch", 77, 16]);
    expect(matmul(value("batch", 2, 3, 4), value("batch", 2, 4, 5)).shape).toEqual(["batch", 2, 3, 5]);
    expect(groupNorm(value("batch", 8, 2, 2), { groups: 2, epsilon: 1 }).shape).toEqual(["batch", 8, 2, 2]);
    expect(layerNorm(value("batch", 3, 8), { epsilon: 1, weight: value(8) }).shape).toEqual(["batch", 3, 8]);
    const [query, key] = [value("batch", 2, 5, 4), value("batch", 2, 7, 4)];
    expect(scaledDotProductAttention(query, key, value("batch", 2, 7, 6)).shape).toEqual(["batch", 2, 5, 6]);
    const pixels = value("batch", 2, 4, "height*width");
    expect(scaledDotProductAttention(pixels, pixels, pixels, { tokensLast: true }).shape).toEqual(
      pixels.shape,
    );
  });

  it("leave a float32 value as it is when cast to float32", () => {
    const already = value(2);
    expect(cast(already, "float32")).toBe(already);
    expect(cast(typed("float16", 2), "float32").dtype).toBe("float32");
  });
});

describe("what does not fit is refused while a graph is defined:", () => {
  const image = value("batch", 8, 4, 4);
  it.each<[string, () => unknown, RegExp]>([
    ["a sum", () => add(value(2, 3), value(2, 4)), /add: found \[2, 3\] and \[2, 4\]/],
    [
      "a sum of two formats",
      () => add(typed("float16", 2), value(2)),
      /add of x, x: found float16 and float32, expected one dtype/,
    ],
    [
      "a convolution",
      () => conv2d(image, value(16, 4, 3, 3), value(16)),
      /conv2d with x \[16, 4, 3, 3\]: found an input of \[batch, 8, 4, 4\], expected a weight of \[out channels, 8,/,
    ],
    [
      "a convolution of each channel by itself",
      () => conv2d(image, value(8, 8, 3, 3), undefined, { groups: 8 }),
      /x \[8, 8, 3, 3\]: found an input of \[batch, 8, 4, 4\], expected a weight of \[out channels, 1, /,
    ],
    [
      "a convolution of an image that is too small",
      () => conv2d(image, value(8, 8, 5, 5), undefined),
      /conv2d of x: found \[batch, 8, 4, 4\], expected an image of at least 5 pixels/,
    ],
    [
      "a padding that adds to a size that is not decided",
      () => conv2d(value("batch", 8, "height", "width"), value(8, 8, 3, 3), undefined),
      /expected padding such that the stride divides height and width: stride 1/,
    ],
    [
      "a transposed convolution",
      () => convTranspose2d(image, value(4, 1, 4, 4), { stride: 2, ...edge }),
      /x \[4, 1, 4, 4\]: found an input of \[batch, 8, 4, 4\], expected a weight of \[8, 1, height/,
    ],
    [
      "a mirrored edge of a single pixel",
      () =>
        conv2d(value("batch", 8, 1, 4), value(8, 8, 3, 3), undefined, { ...edge, paddingMode: "reflect" }),
      /conv2d of x: found \[batch, 8, 1, 4\], expected an image of at least 2×2 pixels/,
    ],
    ["a repetition", () => expand(value(2, 3), [4, 3]), /expand of x: found \[2, 3\]/],
    ["an image", () => imageShape(value("batch", 8, 4)), /expected \[batch, channels, height, width\]/],
    ["a reshape", () => reshape(value("batch", 8), ["batch", 9]), /reshape of x: found \[batch, 8\]/],
    ["a permutation", () => permute(value(2, 3), [0, 0]), /an order of all dimensions, not \[0, 0\]/],
    ["a slice", () => slice(value(2, 3), 1, 2, 4), /at least 4 elements in dimension 1/],
    ["parts", () => chunk(value(2, 3), 1, 2), /a multiple of 2 elements in dimension 1/],
    [
      "a concatenation",
      () => concat([value(2, 3), value(3, 3)], 1),
      /\[2, 3\] and \[3, 3\], expected shapes that differ at dimension 1 alone/,
    ],
    [
      "a linear layer",
      () => linear(value("batch", 8), value(16, 9), value(16)),
      /linear with x \[16, 9\]: found an input of \[batch, 8\], expected a weight of \[out, 8\]/,
    ],
    ["a bias", () => linear(value("batch", 8), value(16, 8), value(8)), /expected a bias of \[16\]/],
    ["a matrix product", () => matmul(value(2, 3), value(4, 5)), /matmul: found \[2, 3\] and \[4, 5\]/],
    ["rows by fractions", () => embedding(value(10, 2), value(3)), /expected a table, and int64 numbers/],
    [
      "groups",
      () => groupNorm(image, { groups: 3, epsilon: 1 }),
      /groupNorm: found 8 channels, expected a multiple of 3/,
    ],
    [
      "a norm's weight",
      () => groupNorm(image, { groups: 2, epsilon: 1, weight: value(4) }),
      /expected float32 \[8\] or \[batch, 8, 1, 1\]/,
    ],
    [
      "a norm's weight in another format",
      () => layerNorm(value(2, 8), { epsilon: 1, weight: typed("float16", 8) }),
      /layerNorm: .*expected float32 \[8\]/,
    ],
    [
      "attention between heads of two widths",
      () => scaledDotProductAttention(value(1, 2, 5, 4), value(1, 2, 5, 3), value(1, 2, 5, 4)),
      /expected query, key and value of \[batch, heads, tokens, width\]/,
    ],
  ])("%s", (_what, define, message) => {
    expect(define).toThrow(GraphError);
    expect(define).toThrow(message);
  });
});

it("a constant has the shape of its numbers by default", () => {
  expect(constant([1, 2]).shape).toEqual([2]);
  expect(constant([7], [], "int64")).toMatchObject({ shape: [], dtype: "int64" });
});
