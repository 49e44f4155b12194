import type { Tensor } from "@onestep/core";
import { concat, GraphError } from "@onestep/graph";
import { describe, expect, it } from "vitest";
import { normaliseGroups, relativeDifference } from "./__fixtures__/reference-operations.ts";
import { runLayer, wave } from "./__fixtures__/run-layer.ts";
import { groupNormLayer } from "./modules.ts";
import { modulatedNorm } from "./resnet-block.ts";

// Single precision keeps about seven digits; a norm over a few hundred numbers loses less than one of them.
const tolerance = 2e-6;
const x = wave([2, 8, 4, 6]);
const at = (tensor: Tensor<"float32"> | undefined, index: number): number => tensor?.data[index] as number;

describe("a group norm with its weights", () => {
  it("normalises each group of channels of each image, then scales and shifts each channel", async () => {
    const { output, weights } = await runLayer({ x }, (scope, values) =>
      groupNormLayer(values.x, scope.child("norm"), { groups: 4, epsilon: 1e-5 }),
    );
    const [weight, bias] = [weights.get("norm.weight"), weights.get("norm.bias")];
    const expected = normaliseGroups(
      x,
      4,
      1e-5,
      (_, channel) => at(weight, channel),
      (_, channel) => at(bias, channel),
    );
    expect(relativeDifference(output, expected)).toBeLessThan(tolerance);
  });

  it("takes a scale and a shift for each image and channel", async () => {
    const [scale, shift] = [wave([2, 8, 1, 1], 5), wave([2, 8, 1, 1], 9)];
    const { output, weights } = await runLayer({ x, scale, shift }, (scope, values) =>
      modulatedNorm(values.x, concat([values.scale, values.shift], 1), scope, { groups: 2, epsilon: 1e-2 }),
    );
    const [weight, bias] = [weights.get("weight"), weights.get("bias")];
    const factor = (batch: number, channel: number): number => 1 + at(scale, batch * 8 + channel);
    const expected = normaliseGroups(
      x,
      2,
      1e-2,
      (batch, channel) => at(weight, channel) * factor(batch, channel),
      (batch, channel) => at(bias, channel) * factor(batch, channel) + at(shift, batch * 8 + channel),
    );
    expect(relativeDifference(output, expected)).toBeLessThan(tolerance);
  });

  it("refuses channels that do not fall into the groups", async () => {
    const running = runLayer({ x }, (scope, values) =>
      groupNormLayer(values.x, scope, { groups: 3, epsilon: 1e-5 }),
    );
    await expect(running).rejects.toThrow(GraphError);
    await expect(running).rejects.toThrow(
      /groupNorm: found 8 channels, expected a multiple of 3, the number of groups/,
    );
  });
});
