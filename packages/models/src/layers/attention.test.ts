import type { Tensor } from "@onestep/core";
import { describe, expect, it } from "vitest";
import {
  convolve,
  imageOf,
  normaliseGroups,
  pixel,
  relativeDifference,
} from "./__fixtures__/reference-operations.ts";
import { runLayer, wave } from "./__fixtures__/run-layer.ts";
import { type AttentionOptions, attention } from "./attention.ts";

type Weights = ReadonlyMap<string, Tensor<"float32">>;

function expectedAttention(
  x: Tensor<"float32">,
  weights: Weights,
  options: AttentionOptions,
): Tensor<"float32"> {
  const { headDimension, groups, epsilon, outputScaleFactor = 1 } = options;
  const [, , height = 0, width = 0] = x.shape;
  const weight = (name: string): Tensor<"float32"> => weights.get(name) as Tensor<"float32">;
  const project = (value: Tensor<"float32">, name: string): Tensor<"float32"> =>
    convolve(value, weight(`${name}.weight`), weight(`${name}.bias`));
  const input =
    groups === null
      ? x
      : normaliseGroups(
          x,
          groups,
          epsilon,
          (_, channel) => weight("group_norm.weight").data[channel] as number,
          (_, channel) => weight("group_norm.bias").data[channel] as number,
        );
  const [query, key, value] = ["to_q", "to_k", "to_v"].map((name) => project(input, name)) as [
    Tensor<"float32">,
    Tensor<"float32">,
    Tensor<"float32">,
  ];
  const tokens = Array.from(
    { length: height * width },
    (_, token) => [Math.floor(token / width), token % width] as const,
  );
  const attended = imageOf(query.shape, (batch, channel, row, column) => {
    const head = Math.floor(channel / headDimension);
    const scores = tokens.map(([keyRow, keyColumn]) => {
      let dot = 0;
      for (let part = head * headDimension; part < (head + 1) * headDimension; part += 1) {
        dot += pixel(query, batch, part, row, column) * pixel(key, batch, part, keyRow, keyColumn);
      }
      return Math.exp(dot / Math.sqrt(headDimension));
    });
    const total = scores.reduce((sum, score) => sum + score, 0);
    return tokens.reduce(
      (sum, [keyRow, keyColumn], token) =>
        sum + ((scores[token] as number) / total) * pixel(value, batch, channel, keyRow, keyColumn),
      0,
    );
  });
  const projected = project(attended, "to_out.0");
  return projected.add(x).div(outputScaleFactor);
}

describe("attention", () => {
  it.each<[string, AttentionOptions]>([
    ["with several heads", { headDimension: 4, groups: 2, epsilon: 1e-5 }],
    ["with one head", { headDimension: 8, groups: 4, epsilon: 1e-3 }],
    ["with heads that do not fill the channels", { headDimension: 3, groups: 2, epsilon: 1e-5 }],
    ["without a norm", { headDimension: 2, groups: null, epsilon: 1e-5 }],
    ["with a divided sum", { headDimension: 4, groups: 2, epsilon: 1e-5, outputScaleFactor: Math.SQRT2 }],
  ])("follows its definition %s", async (_what, options) => {
    const x = wave([2, 8, 3, 4]);
    const { output, weights } = await runLayer({ x }, (scope, values) => attention(values.x, scope, options));
    expect(relativeDifference(output, expectedAttention(x, weights, options))).toBeLessThan(5e-6);
  });
});
