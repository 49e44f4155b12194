import { describe, expect, it } from "vitest";
import { encodeGraph } from "../../__fixtures__/encode-graph.ts";
import { probeGraph } from "./probe-graph.ts";

describe("probeGraph", () => {
  it("is the root of a number, computed in float16", () => {
    const [float32, float16] = [1, 10];
    const expected = encodeGraph({
      inputs: [{ name: "x", shape: [1] }],
      outputs: [{ name: "y", shape: [1] }],
      nodes: [
        { op: "Cast", inputs: ["x"], outputs: ["half"], attributes: { to: float16 } },
        { op: "Sqrt", inputs: ["half"], outputs: ["root"] },
        { op: "Cast", inputs: ["root"], outputs: ["y"], attributes: { to: float32 } },
      ],
    });
    expect(probeGraph).toEqual(Uint8Array.from(expected));
  });
});
