import { describe, expect, it } from "vitest";
import { GraphError } from "./errors.ts";
import { type Graph, isNode } from "./graph.ts";
import { addLowRankBranches, type LowRankBranch, lowRankTargets } from "./low-rank.ts";
import { cast } from "./operators/arithmetic.ts";
import { conv2d } from "./operators/convolution.ts";
import { linear } from "./operators/matrix.ts";
import { reshape } from "./operators/shaping.ts";
import { defineGraph } from "./scope.ts";

/** A convolution of an image, and a linear layer of other numbers. */
const graph = defineGraph((scope) => {
  const image = cast(scope.input("image", "float32", ["batch", 3, "height", "width"]), "compute");
  const x = cast(scope.input("x", "float32", ["batch", 6]), "compute");
  const kernel = scope.matrix("conv.weight", [8, 3, 3, 3]);
  return {
    features: conv2d(image, kernel, undefined, { stride: 2, padding: [1, 1, 1, 1] }),
    y: linear(x, reshape(scope.matrix("fc.weight", [5, 6, 1, 1]), [5, 6]), scope.vector("fc.bias", [5])),
  };
});

const onLinear: LowRankBranch = {
  weight: "fc.weight",
  down: { name: "a.down", shape: [2, 6] },
  up: { name: "a.up", shape: [5, 2] },
  factor: 0.5,
  scale: "a",
};
const onConvolution: LowRankBranch = {
  weight: "conv.weight",
  down: { name: "b.down", shape: [4, 3, 3, 3] },
  up: { name: "b.up", shape: [8, 4, 1, 1] },
  factor: 1,
  scale: "b",
};

function names(values: Graph["parameters"]): string[] {
  return values.map(({ node }) =>
    isNode(node, "input") || isNode(node, "parameter") ? node.attributes.name : "",
  );
}

describe("low-rank branches", () => {
  it("can go beside linear layers and convolutions, whose weights may be reshaped", () => {
    expect([...lowRankTargets(graph)]).toEqual([
      ["conv.weight", [8, 3, 3, 3]],
      ["fc.weight", [5, 6, 1, 1]],
    ]);
  });

  it("add matrices and a scale, and leave weights and shapes as they are", () => {
    const extended = addLowRankBranches(graph, [onLinear, onConvolution]);
    expect(names(extended.parameters).sort()).toEqual(
      [...names(graph.parameters), "a.down", "a.up", "b.down", "b.up"].sort(),
    );
    expect(names(extended.inputs)).toEqual([...names(graph.inputs), "b", "a"]);
    for (const [name, { dtype, shape }] of Object.entries(graph.outputs)) {
      expect(extended.outputs[name]).toMatchObject({ dtype, shape });
      expect(extended.outputs[name]?.node.operator).toBe("add");
    }
    expect(graph.outputs["y"]?.node.operator).toBe("linear");
  });

  it("share an input that scales them", () => {
    const shared = addLowRankBranches(graph, [onLinear, { ...onConvolution, scale: "a" }]);
    expect(names(shared.inputs)).toEqual([...names(graph.inputs), "a"]);
  });

  it("take the matrices of a 1×1 convolution for a linear layer", () => {
    const { down, up } = onLinear;
    const asConvolution = {
      ...onLinear,
      down: { ...down, shape: [2, 6, 1, 1] },
      up: { ...up, shape: [5, 2, 1, 1] },
    };
    expect(addLowRankBranches(graph, [asConvolution]).outputs["y"]?.shape).toEqual(["batch", 5]);
  });

  it.each<[what: string, branch: LowRankBranch, subject: string]>([
    ["no layer of the name", { ...onLinear, weight: "other.weight" }, "other.weight"],
    ["a down matrix of another width", { ...onLinear, down: { name: "d", shape: [2, 7] } }, "d"],
    ["an up matrix of another rank", { ...onLinear, up: { name: "u", shape: [5, 3] } }, "u"],
    ["another kernel", { ...onConvolution, down: { name: "k", shape: [4, 3, 1, 1] } }, "k"],
  ])("are refused: %s", (_what, branch, subject) => {
    let thrown: unknown;
    try {
      addLowRankBranches(graph, [branch]);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(GraphError);
    expect(thrown).toMatchObject({ problem: { subject } });
  });
});
