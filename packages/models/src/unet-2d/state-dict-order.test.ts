import { describe, expect, it } from "vitest";
// The keys of `state_dict()` of models made by diffusers 0.40 on PyTorch 2.13.
import orders from "./__fixtures__/state-dict-orders.json" with { type: "json" };
import { compareInStateDict } from "./state-dict-order.ts";

describe("compareInStateDict", () => {
  it.each(Object.entries(orders))("orders weights as PyTorch does: %s", (_name, names) => {
    expect(names.length).toBeGreaterThan(100);
    expect(names.toSorted().toSorted(compareInStateDict)).toEqual(names);
  });

  it("orders blocks by number, and what no model has last, by name", () => {
    const names = ["x.b", "down_blocks.10.resnets.0.conv1.bias", "down_blocks.9.zzz", "x.a", "conv_out.bias"];
    expect(names.toSorted(compareInStateDict)).toEqual([
      "down_blocks.9.zzz",
      "down_blocks.10.resnets.0.conv1.bias",
      "conv_out.bias",
      "x.a",
      "x.b",
    ]);
    expect(compareInStateDict("conv_in", "conv_in")).toBe(0);
    expect(compareInStateDict("conv_in", "conv_in.weight")).toBeLessThan(0);
  });
});
