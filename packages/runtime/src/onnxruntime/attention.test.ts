import { Tensor } from "@onestep/core";
import {
  cast,
  defineGraph,
  multiHeadAttention,
  type Scope,
  scaledDotProductAttention,
  specialise,
  type Value,
} from "@onestep/graph";
import { describe, expect, it } from "vitest";
import { runGraph } from "./__fixtures__/run-graph.ts";
import { queriesAtOnce, scoreBytes } from "./attention.ts";
import { lowerGraph } from "./lowering.ts";
import { largestArrayBytes, loweringTables } from "./tables.ts";

/** So many that their scores do not fit at once. */
const tokens = 4160;
const width = 2;

function wave(shape: readonly number[], phase: number): Tensor<"float32"> {
  const size = shape.reduce((product, length) => product * length, 1);
  return new Tensor(
    "float32",
    Float32Array.from({ length: size }, (_, index) => Math.sin(0.37 * index + phase)),
    shape,
  );
}

/** Attention of one query to the first `count` keys, in float64. */
function attend(query: number, count: number, [q, k, v]: readonly Float32Array[]): readonly number[] {
  const at = (data: Float32Array | undefined, row: number, column: number): number =>
    data?.[row * width + column] ?? Number.NaN;
  const scores = Array.from({ length: count }, (_, key) =>
    Math.exp((at(q, query, 0) * at(k, key, 0) + at(q, query, 1) * at(k, key, 1)) / Math.sqrt(width)),
  );
  const total = scores.reduce((sum, score) => sum + score, 0);
  return [0, 1].map((column) =>
    scores.reduce((sum, score, key) => sum + (score / total) * at(v, key, column), 0),
  );
}

describe("attention in slices", () => {
  const data = [0, 2, 4].map((phase) => wave([1, tokens, width], phase));
  const rows = [0, 1, 2079, 2080, tokens - 1];

  it.each([false, true])("of several heads follows its definition (causal: %s)", async (isCausal) => {
    const define = (scope: Scope): Value => {
      const [query, key, value] = ["query", "key", "value"].map((name) =>
        cast(scope.input(name, "float32", ["batch", tokens, width]), "compute"),
      ) as [Value, Value, Value];
      return cast(multiHeadAttention(query, key, value, { heads: 1, isCausal }), "float32");
    };
    const [query, key, value] = data as [Tensor, Tensor, Tensor];
    // In float16 and with a mask there is no flash attention on any device.
    const dtype = isCausal ? "float32" : "float16";
    const [output] = await runGraph(define, [{ query, key, value }], { dtype });
    const arrays = data.map((tensor) => tensor.data);
    for (const row of rows) {
      const expected = attend(row, isCausal ? row + 1 : tokens, arrays);
      expected.forEach((one, column) => {
        // Half an ulp of float16 is 2⁻¹¹ of a value, for weights and values.
        expect(Number(output?.data[row * width + column])).toBeCloseTo(one, isCausal ? 4 : 2);
      });
    }
  });

  it.each([false, true])("of tokens last: %s follows its definition", async (tokensLast) => {
    const shape = tokensLast ? [1, 1, width, tokens] : [1, 1, tokens, width];
    const define = (scope: Scope): Value => {
      const take = (name: string): Value => scope.input(name, "float32", ["batch", ...shape.slice(1)]);
      return scaledDotProductAttention(take("query"), take("key"), take("value"), { tokensLast });
    };
    const turn = (tensor: Tensor<"float32">): Tensor<"float32"> => {
      if (!tokensLast) return tensor.reshape(shape);
      const turned = tensor.data.map(
        (_, index) => tensor.data[(index % tokens) * width + Math.floor(index / tokens)] as number,
      );
      return new Tensor("float32", turned, shape);
    };
    const [query, key, value] = data.map(turn) as [Tensor, Tensor, Tensor];
    const [output] = await runGraph(define, [{ query, key, value }]);
    expect(output?.shape).toEqual(shape);
    const arrays = data.map((tensor) => tensor.data);
    for (const row of rows) {
      attend(row, tokens, arrays).forEach((one, column) => {
        const index = tokensLast ? column * tokens + row : row * width + column;
        expect(Number(output?.data[index])).toBeCloseTo(one, 5);
      });
    }
  });
});

describe("the size of slices", () => {
  it.each([
    [8, 4096, 4096],
    [1, 9216, 9216],
    [10, 4096, 77],
    [1, 1, 100_000_000],
  ])("%d heads, %d queries, %d keys", (heads, queries, keys) => {
    const length = queriesAtOnce({ heads, queries, keys });
    expect(length === 1 || heads * length * keys * 4 <= scoreBytes).toBe(true);
    expect(length).toBeLessThanOrEqual(queries);
  });

  it("is one slice where the scores fit, or sizes are not known", () => {
    const operatorsOf = (count: number | string): readonly string[] => {
      const graph = defineGraph((scope) => {
        const value = scope.input("x", "float32", ["batch", 1, count, 64]);
        return { y: scaledDotProductAttention(value, value, value) };
      });
      const lowered = lowerGraph(specialise(graph, { dtype: "float32" }), new Map(), loweringTables.webgpu);
      return lowered.nodes.map(({ operator }) => operator);
    };
    expect(operatorsOf(4096)).not.toContain("Slice");
    expect(operatorsOf("tokens")).not.toContain("Slice");
    expect(operatorsOf(4097).filter((operator) => operator === "Softmax")).toHaveLength(2);
  });

  it("bounds the largest array of a graph", () => {
    const graph = specialise(
      defineGraph((scope) => {
        const value = scope.input("x", "float32", ["batch", 9216, 320]);
        return { y: multiHeadAttention(value, value, value, { heads: 8 }) };
      }),
      { dtype: "float32", symbols: { batch: 1 } },
    );
    expect(largestArrayBytes(graph, "cpu")).toBe(9216 * 320 * 4);
    expect(largestArrayBytes(graph, "wasm")).toBeLessThanOrEqual(scoreBytes);
    expect(largestArrayBytes(graph, "wasm")).toBeGreaterThan(scoreBytes / 2);
  });
});
