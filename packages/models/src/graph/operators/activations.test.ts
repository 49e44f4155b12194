import { Tensor } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { runLayer } from "../../layers/__fixtures__/run-layer.ts";
import { type ActivationName, activate } from "./activations.ts";

const x = Tensor.from([-20, -6, -3, -1, -0.25, 0, 0.25, 1, 3, 6, 20], [1, 11]);
const silu = [
  -4.12230724e-8, -0.0148357389, -0.14227762, -0.268941421, -0.109455875, 0, 0.140544125, 0.731058579,
  2.85772238, 5.98516426, 20,
];

describe("activate", () => {
  // torch's, in float64. Float32 keeps seven digits of the largest term, which is x.
  it.each<[ActivationName, readonly number[]]>([
    ["silu", silu],
    ["swish", silu],
    [
      "mish",
      [
        -4.12230724e-8, -0.0148540805, -0.145647461, -0.303401461, -0.129926964, 0, 0.16957241, 0.865098388,
        2.986535, 5.99992663, 20,
      ],
    ],
    [
      "gelu",
      [
        0, -5.91952587e-9, -0.00404969409, -0.158655254, -0.100323419, 0, 0.149676581, 0.841344746,
        2.99595031, 6, 20,
      ],
    ],
    ["relu", [0, 0, 0, 0, 0, 0, 0.25, 1, 3, 6, 20]],
  ])("computes %s", async (name, expected) => {
    const { output } = await runLayer({ x }, (builder, _scope, values) => activate(builder, values.x, name));
    expected.forEach((value, index) => {
      const size = Math.max(1, Math.abs(x.data[index] as number));
      expect(Math.abs((output.data[index] as number) - value) / size).toBeLessThan(2e-7);
    });
  });
});
