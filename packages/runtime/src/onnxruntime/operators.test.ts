import { Tensor } from "@onestep/core";
import { elementCount } from "@onestep/core/internal";
import {
  type ActivationName,
  activate,
  add,
  avgPool2d,
  cast,
  chunk,
  concat,
  constant,
  conv2d,
  convTranspose2d,
  div,
  embedding,
  expand,
  groupNorm,
  imageShape,
  layerNorm,
  linear,
  permute,
  product,
  quickGelu,
  reshape,
  type Scope,
  scaledDotProductAttention,
  slice,
  upsampleNearest2d,
  type Value,
} from "@onestep/graph";
import { describe, expect, it } from "vitest";
import { runGraph } from "./__fixtures__/run-graph.ts";

function wave(shape: readonly number[], phase = 0): Tensor<"float32"> {
  const size = elementCount(shape);
  return new Tensor(
    "float32",
    Float32Array.from({ length: size }, (_, i) => Math.sin(0.7 * i + phase)),
    shape,
  );
}

function expectClose(actual: Tensor | undefined, expected: readonly number[], tolerance: number): void {
  const values = Array.from(actual?.data ?? [], Number);
  expect(values).toHaveLength(expected.length);
  const worst = Math.max(...expected.map((value, index) => Math.abs(value - (values[index] ?? Number.NaN))));
  expect(worst).toBeLessThan(tolerance);
}

const points = Tensor.from([-20, -6, -3, -1, -0.25, 0, 0.25, 1, 3, 6, 20], [1, 11]);
const silu = [
  -4.12230724e-8, -0.0148357389, -0.14227762, -0.268941421, -0.109455875, 0, 0.140544125, 0.731058579,
  2.85772238, 5.98516426, 20,
];

describe("activations", () => {
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
    const define = (scope: Scope): Value => activate(scope.input("x", "float32", ["batch", 11]), name);
    const [output] = await runGraph(define, [{ x: points }]);
    expected.forEach((value, index) => {
      const size = Math.max(1, Math.abs(points.data[index] as number));
      expect(Math.abs((output?.data[index] as number) - value) / size).toBeLessThan(2e-7);
    });
  });
});

it("computes CLIP's quick GELU", async () => {
  const [output] = await runGraph(
    (scope) => quickGelu(scope.input("x", "float32", ["batch", 11])),
    [{ x: points }],
  );
  const expected = Array.from(points.data, (x) => x / (1 + Math.exp(-1.702 * x)));
  // Float32 keeps seven digits of the largest number, 20.
  expectClose(output, expected, 3e-6);
});

describe("norms", () => {
  const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
  const normalise = (values: readonly number[], epsilon: number): number[] => {
    const centre = mean(values);
    const deviation = Math.sqrt(mean(values.map((x) => (x - centre) ** 2)) + epsilon);
    return values.map((x) => (x - centre) / deviation);
  };

  // Single precision keeps about seven digits; a norm over a few numbers loses less than one of them.
  it("normalises rows as torch's LayerNorm, with and without weights", async () => {
    const x = wave([2, 3, 8]);
    const rows = Array.from({ length: 6 }, (_, row) => Array.from(x.data.subarray(8 * row, 8 * row + 8)));
    const define = (scope: Scope): Value => {
      const value = scope.input("x", "float32", ["batch", 3, 8]);
      const [weight, bias] = [constant([1, 2, 3, 4, 5, 6, 7, 8]), constant([1, 0, 1, 0, 1, 0, 1, 0])];
      return concat(
        [layerNorm(value, { epsilon: 1e-5 }), layerNorm(value, { epsilon: 0.1, weight, bias })],
        2,
      );
    };
    const [output] = await runGraph(define, [{ x }]);
    const expected = rows.flatMap((row) => [
      ...normalise(row, 1e-5),
      ...normalise(row, 0.1).map((value, index) => value * (index + 1) + ((index + 1) % 2)),
    ]);
    expectClose(output, expected, 5e-6);
  });

  it("normalises groups of an image whose size is not decided, at any size", async () => {
    const define = (scope: Scope): Value =>
      groupNorm(scope.input("x", "float32", ["batch", 4, "height", "width"]), { groups: 2, epsilon: 1e-5 });
    const images = [wave([2, 4, 3, 5]), wave([1, 4, 2, 2], 1)];
    const outputs = await runGraph(
      define,
      images.map((x) => ({ x })),
    );
    for (const [index, { data, shape }] of images.entries()) {
      const size = 2 * (shape[2] as number) * (shape[3] as number);
      const groups = Array.from({ length: data.length / size }, (_, group) =>
        normalise(Array.from(data.subarray(group * size, (group + 1) * size)), 1e-5),
      );
      expect(outputs[index]?.shape).toEqual(shape);
      expectClose(outputs[index], groups.flat(), 2e-6);
    }
  });
});

/** softmax(scale · q kᵀ) v of one head, in double precision. */
function attend(query: number[][], key: number[][], value: number[][], scale: number): number[][] {
  return query.map((row) => {
    const scores = key.map(
      (other) => scale * row.reduce((sum, x, index) => sum + x * (other[index] ?? 0), 0),
    );
    const exponentials = scores.map((score) => Math.exp(score - Math.max(...scores)));
    const total = exponentials.reduce((sum, x) => sum + x, 0);
    return (value[0] ?? []).map((_, column) =>
      exponentials.reduce((sum, x, index) => sum + (x / total) * (value[index]?.[column] ?? 0), 0),
    );
  });
}

describe("attention", () => {
  const [query, key, value] = [wave([1, 1, 5, 4]), wave([1, 1, 7, 4], 2), wave([1, 1, 7, 4], 4)];
  const rows = ({ data, shape }: Tensor<"float32">): number[][] =>
    Array.from({ length: shape[2] as number }, (_, row) => Array.from(data.subarray(4 * row, 4 * row + 4)));
  const expected = attend(rows(query), rows(key), rows(value), 0.5).flat();
  const inputs = { query, key, value };

  it.each([
    { tokensLast: false, dtype: "float32", tolerance: 1e-6 },
    { tokensLast: true, dtype: "float32", tolerance: 1e-6 },
    // Half an ulp of float16 is 2⁻¹¹ of a value, for weights and values.
    { tokensLast: false, dtype: "float16", tolerance: 2e-3 },
  ] as const)("follows its definition: $dtype, tokens last: $tokensLast", async (options) => {
    const { tokensLast, dtype, tolerance } = options;
    const define = (scope: Scope): Value => {
      const order = tokensLast ? [0, 1, 3, 2] : [0, 1, 2, 3];
      const take = (name: "query" | "key" | "value"): Value => {
        const input = scope.input(name, "float32", ["batch", 1, inputs[name].shape[2] as number, 4]);
        return permute(cast(input, "compute"), order);
      };
      const attended = scaledDotProductAttention(take("query"), take("key"), take("value"), { tokensLast });
      return cast(permute(attended, order), "float32");
    };
    const [output] = await runGraph(define, [inputs], { dtype });
    expect(output?.shape).toEqual([1, 1, 5, 4]);
    expectClose(output, expected, tolerance);
  });
});

describe("shapes", () => {
  it("go through linear layers of any rank", async () => {
    const x = wave([2, 3, 4]);
    const weight = constant([1, 0, 0, 0, 0, 0, 0, 2], [2, 4]);
    const define = (scope: Scope): Value =>
      linear(scope.input("x", "float32", ["batch", "tokens", 4]), weight, constant([0.5, -1]));
    const [output] = await runGraph(define, [{ x }]);
    expect(output?.shape).toEqual([2, 3, 2]);
    const at = (index: number): number => x.data[index] as number;
    expectClose(
      output,
      Array.from({ length: 6 }, (_, row) => [at(4 * row) + 0.5, 2 * at(4 * row + 3) - 1]).flat(),
      1e-6,
    );
  });

  it("are computed when a graph runs, where several lengths are not decided", async () => {
    const define = (scope: Scope): Value => {
      const image = scope.input("x", "float32", ["batch", 2, "height", "width"]);
      const { batch, height, width } = imageShape(image);
      const rows = reshape(image, [batch, 2, product([height, width])]);
      const columns = permute(rows, [0, 2, 1]);
      const halved = avgPool2d(reshape(permute(columns, [0, 2, 1]), [batch, 2, height, width]), 2);
      const small = imageShape(halved);
      return add(
        upsampleNearest2d(halved, 2),
        expand(constant([1], [1, 1, 1, 1]), [batch, 2, product([small.height, 2]), width]),
      );
    };
    const images = [wave([1, 2, 4, 6]), wave([2, 2, 2, 4], 3)];
    const outputs = await runGraph(
      define,
      images.map((x) => ({ x })),
    );
    for (const [index, { data, shape }] of images.entries()) {
      const [, , height = 0, width = 0] = shape;
      expect(outputs[index]?.shape).toEqual(shape);
      const mean = (plane: number, row: number, column: number): number =>
        [0, 1, width, width + 1].reduce(
          (sum, step) => sum + (data[plane * height * width + row * width + column + step] as number) / 4,
          0,
        );
      expectClose(
        outputs[index],
        Array.from(data, (_, position) => {
          const column = position % width;
          const row = Math.floor(position / width) % height;
          return mean(Math.floor(position / (width * height)), row - (row % 2), column - (column % 2)) + 1;
        }),
        1e-6,
      );
    }
  });

  it("are mirrored at the edges of an image for convolutions in both directions", async () => {
    const x = Tensor.from([1, 2, 3, 4], [1, 1, 2, 2]);
    const ones = (size: number): Value => constant(new Array<number>(size ** 2).fill(1), [1, 1, size, size]);
    const mirrored = { paddingMode: "reflect", padding: [1, 1, 1, 1] } as const;
    const define = (scope: Scope): Value => {
      const image = scope.input("x", "float32", ["batch", 1, 2, 2]);
      const sums = conv2d(image, ones(3), undefined, mirrored);
      const doubled = convTranspose2d(image, ones(4), {
        stride: 2,
        padding: [3, 3, 3, 3],
        paddingMode: "reflect",
      });
      return concat([reshape(sums, ["batch", 4]), reshape(doubled, ["batch", 16])], 1);
    };
    const [output] = await runGraph(define, [{ x }]);
    // Around [1 2; 3 4] mirrored: rows and columns of the other kind on both sides.
    const mirror = [
      [4, 3, 4, 3],
      [2, 1, 2, 1],
      [4, 3, 4, 3],
      [2, 1, 2, 1],
    ];
    const at = (row: number, column: number): number => mirror[row]?.[column] ?? 0;
    const around = [0, 1].flatMap((row) =>
      [0, 1].map((column) =>
        [0, 1, 2].flatMap((i) => [0, 1, 2].map((j) => at(row + i, column + j))).reduce((a, b) => a + b),
      ),
    );
    const spread = [0, 1, 2, 3].flatMap((row) =>
      [0, 1, 2, 3].map((column) => {
        const cover = (place: number): readonly number[] => [Math.ceil(place / 2), Math.ceil(place / 2) + 1];
        return cover(row)
          .flatMap((i) => cover(column).map((j) => at(i, j)))
          .reduce((a, b) => a + b);
      }),
    );
    expectClose(output, [...around, ...spread], 1e-6);
  });

  it("are divided, cut and looked up", async () => {
    const define = (scope: Scope): Value => {
      const rows = embedding(constant([0, 1, 10, 11, 20, 21], [3, 2]), scope.input("n", "int64", ["batch"]));
      const [left, right] = chunk(rows, 1, 2) as [Value, Value];
      return concat([div(right, constant([2])), slice(rows, 1, 0, 1), left], 1);
    };
    const numbers = new Tensor("int64", BigInt64Array.of(2n, 0n), [2]);
    const [output] = await runGraph(define, [{ n: numbers }]);
    expectClose(output, [10.5, 20, 20, 0.5, 0, 0], 1e-6);
  });
});
