import { describe, expect, it } from "vitest";
import { convolve, double, relativeDifference } from "./__fixtures__/reference-operations.ts";
import { runLayer, wave } from "./__fixtures__/run-layer.ts";
import { upsample2D } from "./resampling.ts";

describe("upsample2D", () => {
  it("doubles the image, then goes over it with a convolution", async () => {
    const x = wave([2, 4, 3, 5]);
    const { output, weights } = await runLayer({ x }, (scope, values) =>
      upsample2D(values.x, scope.child("upsamplers.0")),
    );
    const [weight, bias] = ["weight", "bias"].map((name) => weights.get(`upsamplers.0.conv.${name}`));
    if (weight === undefined || bias === undefined) throw new Error("The layer has other weights.");
    expect(relativeDifference(output, convolve(double(x), weight, bias))).toBeLessThan(2e-6);
  });
});
