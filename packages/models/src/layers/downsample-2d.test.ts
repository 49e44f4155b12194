import { describe, expect, it } from "vitest";
import { convolve, imageOf, pixel, relativeDifference } from "./__fixtures__/reference-operations.ts";
import { runLayer, wave } from "./__fixtures__/run-layer.ts";
import { downsample2D } from "./resampling.ts";

describe("downsample2D", () => {
  // Which pixels of a convolution with stride 1 remain: with all edges padded those of even row and column, with
  // padding at right and bottom only those of odd ones.
  it.each([
    { padding: 1, offset: 0 },
    { padding: 0, offset: 1 },
  ])("keeps every second pixel of a convolution: padding $padding", async ({ padding, offset }) => {
    const x = wave([2, 4, 6, 8]);
    const { output, weights } = await runLayer({ x }, (scope, values) =>
      downsample2D(values.x, scope.child("downsamplers.0"), padding),
    );
    const [weight, bias] = ["weight", "bias"].map((name) => weights.get(`downsamplers.0.conv.${name}`));
    if (weight === undefined || bias === undefined) throw new Error("The layer has other weights.");
    const whole = convolve(x, weight, bias);
    const expected = imageOf([2, 4, 3, 4], (batch, channel, row, column) =>
      pixel(whole, batch, channel, 2 * row + offset, 2 * column + offset),
    );
    expect(relativeDifference(output, expected)).toBeLessThan(2e-6);
  });
});
