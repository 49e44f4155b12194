import type { Tensor } from "@onestep/core";
import { expect, it } from "vitest";
import { runLayer, wave } from "./__fixtures__/run-layer.ts";
import { layerNormLayer } from "./modules.ts";

it("layerNormLayer normalises each row, then scales and shifts each column", async () => {
  const x = wave([2, 3, 8]);
  const { output, weights } = await runLayer({ x }, (scope, values) =>
    layerNormLayer(values.x, scope.child("norm"), 1e-5),
  );
  const at = (tensor: Tensor<"float32"> | undefined, index: number): number => tensor?.data[index] as number;
  for (let row = 0; row < 6; row += 1) {
    const values = Array.from(x.data.subarray(8 * row, 8 * row + 8));
    const mean = values.reduce((sum, value) => sum + value, 0) / 8;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 8;
    values.forEach((value, column) => {
      const normalised = (value - mean) / Math.sqrt(variance + 1e-5);
      const expected =
        normalised * at(weights.get("norm.weight"), column) + at(weights.get("norm.bias"), column);
      // Single precision keeps about seven digits; a norm over eight numbers loses less than one of them.
      expect(Math.abs(at(output, 8 * row + column) - expected)).toBeLessThan(2e-6);
    });
  }
});
