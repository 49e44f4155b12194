import { describe, expect, it } from "vitest";
import { createGraph, createNode, createValue, describeValue, type Value } from "./graph.ts";
import { add, mul } from "./operators/arithmetic.ts";

function input(name: string): Value {
  return createValue("input", [], { name }, { dtype: "float32", shape: ["batch", 4] });
}

describe("createGraph", () => {
  it("lists each node once, after all that it depends on", () => {
    const [x, unused] = [input("x"), input("unused")];
    const twice = add(x, x);
    const result = mul(twice, add(twice, x));
    const { nodes } = createGraph({ inputs: [x, unused], outputs: { y: result, z: twice }, parameters: [] });
    expect(new Set(nodes).size).toBe(nodes.length);
    expect(nodes.map(({ operator }) => operator)).toEqual(["input", "add", "add", "mul"]);
    for (const [place, node] of nodes.entries()) {
      for (const value of node.inputs) {
        expect(nodes.indexOf((value as Value).node)).toBeLessThan(place);
      }
    }
  });

  it("takes a chain that is deeper than any stack of calls", () => {
    let value = input("x");
    for (let count = 0; count < 100_000; count += 1) {
      value = createValue("silu", [value], {}, { dtype: "float32", shape: value.shape });
    }
    expect(createGraph({ inputs: [], outputs: { value }, parameters: [] }).nodes).toHaveLength(100_001);
  });

  it("finds what each of several outputs of a node needs", () => {
    const x = input("x");
    const half = { dtype: "float32", shape: ["batch", 2] } as const;
    const [first, second] = createNode("chunk", [x], { axis: 1 }, [half, half]).outputs as [Value, Value];
    const { nodes } = createGraph({ inputs: [x], outputs: { second }, parameters: [] });
    expect(nodes).toEqual([x.node, first.node]);
  });
});

it("a value is named by what produces it", () => {
  const x = input("x");
  expect(describeValue(x)).toBe("x [batch, 4]");
  expect(describeValue(add(x, x))).toBe("add [batch, 4]");
});
