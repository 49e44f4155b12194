import { describe, expect, it } from "vitest";
import { GraphError } from "./errors.ts";
import { nameOf } from "./graph.ts";
import { add, cast, constant } from "./operators/arithmetic.ts";
import { linear } from "./operators/matrix.ts";
import { defineGraph, type Scope } from "./scope.ts";
import { specialise } from "./specialise.ts";

const graph = defineGraph((scope) => {
  const x = cast(scope.input("x", "float32", ["batch", "height/2"]), "compute");
  const wide = add(x, cast(constant([1]), "compute"));
  return { y: cast(wide, "float32") };
});

describe("defineGraph", () => {
  it("names weights by their scope, and lists them as they were asked for", () => {
    const model = defineGraph((scope) => {
      const x = scope.input("x", "float32", ["batch", 3]);
      const bias = scope.child("blocks.0").child("proj").vector("bias", [4], "float32");
      const weight = scope.child("blocks.0.proj").matrix("weight", [4, 3], "float32");
      return { y: linear(x, weight, bias) };
    });
    expect(model.parameters.map(nameOf)).toEqual(["blocks.0.proj.bias", "blocks.0.proj.weight"]);
    expect(model.parameters.map(({ node }) => node.attributes)).toMatchObject([
      { kind: "vector" },
      { kind: "matrix" },
    ]);
    expect(model.inputs.map(nameOf)).toEqual(["x"]);
  });

  it("orders each operator after those whose outputs it takes", () => {
    const seen = new Set<unknown>();
    for (const node of graph.nodes) {
      for (const input of node.inputs) expect(seen.has(input?.node)).toBe(true);
      seen.add(node);
    }
    expect(graph.nodes.map(({ operator }) => operator)).toEqual([
      "input",
      "cast",
      "constant",
      "cast",
      "add",
      "cast",
    ]);
  });

  it("leaves out what no output needs, and takes a graph of any depth", () => {
    const { nodes } = defineGraph((scope) => {
      const x = scope.input("x", "float32", [1]);
      let value = x;
      for (let index = 0; index < 20_000; index += 1) value = add(value, x);
      add(x, x);
      return { value };
    });
    expect(nodes).toHaveLength(20_001);
  });

  it("refuses a second weight or input of one name", () => {
    const twice = (declare: (scope: Scope) => void): (() => void) => {
      return () => {
        defineGraph((scope) => {
          declare(scope);
          declare(scope);
          return {};
        });
      };
    };
    expect(twice((scope) => scope.input("x", "float32", [1]))).toThrow(
      /x: found a second value of that name/,
    );
    expect(twice((scope) => scope.child("a").matrix("w", [1]))).toThrow(/a\.w: found a second value/);
  });

  it("says in which part of a model shapes do not fit", () => {
    const define = (): unknown =>
      defineGraph((scope) =>
        scope.within("down_blocks.1", (block) =>
          block.within("resnets.0", (part) => ({ y: add(part.vector("a", [2]), part.vector("b", [3])) })),
        ),
      );
    expect(define).toThrow(/^down_blocks\.1\.resnets\.0: add: found \[2\] and \[3\]/);
    try {
      define();
    } catch (error) {
      expect(GraphError.isInstance(error) && error.scope).toBe("down_blocks.1.resnets.0");
    }
  });

  it("leaves errors of another kind as they are", () => {
    const failure = new Error("not of a graph");
    expect(() =>
      defineGraph((scope) =>
        scope.within("part", () => {
          throw failure;
        }),
      ),
    ).toThrow(failure);
  });
});

describe("specialise", () => {
  it("decides size and format, and leaves out casts that do nothing then", () => {
    const inFloat32 = specialise(graph, { symbols: { height: 8 }, dtype: "float32" });
    expect(inFloat32.nodes.map(({ operator }) => operator)).toEqual(["input", "constant", "add"]);
    expect(inFloat32.outputs["y"]).toMatchObject({ dtype: "float32", shape: ["batch", 4] });
    const inFloat16 = specialise(graph, { dtype: "float16" });
    expect(inFloat16.nodes.map(({ outputs: [output] }) => output?.dtype)).toEqual([
      "float32",
      "float16",
      "float32",
      "float16",
      "float16",
      "float32",
    ]);
    expect(inFloat16.outputs["y"]?.shape).toEqual(["batch", "height/2"]);
  });

  it("refuses a size that does not divide", () => {
    expect(() => specialise(graph, { symbols: { height: 7 }, dtype: "float32" })).toThrow(GraphError);
  });
});
