import { Tensor } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { linearRow, relativeDifference, silu } from "./__fixtures__/reference-operations.ts";
import { runLayer, wave } from "./__fixtures__/run-layer.ts";
import { timestepEmbedding } from "./embeddings.ts";

describe("timestepEmbedding", () => {
  it("is two linear layers with a SiLU between them", async () => {
    const x = wave([2, 6]);
    const { output, weights } = await runLayer({ x }, (scope, values) =>
      timestepEmbedding(values.x, scope, 10),
    );
    const layer = (input: Tensor<"float32">, name: string): Tensor<"float32"> => {
      const [weight, bias] = [weights.get(`${name}.weight`), weights.get(`${name}.bias`)] as [
        Tensor<"float32">,
        Tensor<"float32">,
      ];
      return Tensor.from(
        [0, 1].flatMap((batch) => linearRow(input, weight, bias, batch)),
        [2, 10],
      );
    };
    const expected = layer(silu(layer(x, "linear_1")), "linear_2");
    expect(relativeDifference(output, expected)).toBeLessThan(2e-6);
  });
});
