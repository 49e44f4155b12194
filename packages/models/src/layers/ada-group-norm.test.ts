import { describe, expect, it } from "vitest";
import { linearRow, normaliseGroups, relativeDifference } from "./__fixtures__/reference-operations.ts";
import { runLayer, wave } from "./__fixtures__/run-layer.ts";
import { adaGroupNorm } from "./resnet-block.ts";

describe("adaGroupNorm", () => {
  it("scales and shifts each channel of the normalised image by the timestep", async () => {
    const [x, time] = [wave([2, 8, 4, 6]), wave([2, 10], 3)];
    const { output, weights } = await runLayer({ x, time }, (scope, values) =>
      adaGroupNorm(values.x, values.time, scope, { groups: 4, epsilon: 1e-5 }),
    );
    const [weight, bias] = [weights.get("linear.weight"), weights.get("linear.bias")];
    if (weight === undefined || bias === undefined) throw new Error("The layer has other weights.");
    const projected = [0, 1].map((batch) => linearRow(time, weight, bias, batch));
    const expected = normaliseGroups(
      x,
      4,
      1e-5,
      (batch, channel) => 1 + (projected[batch]?.[channel] as number),
      (batch, channel) => projected[batch]?.[8 + channel] as number,
    );
    expect(relativeDifference(output, expected)).toBeLessThan(2e-6);
  });
});
