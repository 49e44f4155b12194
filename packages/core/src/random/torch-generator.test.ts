import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidArgumentError } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import stateOfTorch from "./__fixtures__/torch-generator-state.json" with { type: "json" };
import numbersOfTorch from "./__fixtures__/torch-rng.json" with { type: "json" };
import type { Generator } from "./generator.ts";
import { TorchGenerator } from "./torch-generator.ts";

interface Summary {
  readonly first: number[];
  readonly last: number[];
  readonly sum: number;
  readonly sumsq: number;
}

// Drawn with torch 2.13 on an x86-64 CPU with AVX512.
const golden: [name: string, value: unknown][] = Object.entries(numbersOfTorch);
const savedState = Uint8Array.from(atob(stateOfTorch.base64), (character) => character.charCodeAt(0));

/** The entries whose name matches, with the numbers of the match. */
function entries<Value>(pattern: RegExp): [name: string, numbers: number[], value: Value][] {
  return golden.flatMap(([name, value]) => {
    const match = pattern.exec(name);
    return match === null ? [] : [[name, match.slice(1).map(Number), value as Value]];
  });
}

function numbersOf(tensor: Tensor): number[] {
  return Array.from(tensor.data, Number);
}

async function sha256(tensor: Tensor): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(tensor.data.buffer as ArrayBuffer));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

describe("randn", () => {
  it.each(entries<Summary>(/^randn\/f32\/seed=(\d+)\/n=(\d+)$/))(
    "equals torch's %s",
    (_name, [seed = 0, size = 0], expected) => {
      const values = numbersOf(new TorchGenerator(seed).randn([size]));
      expect(values.slice(0, 4)).toEqual(expected.first);
      expect(values.slice(-4)).toEqual(expected.last);
      // Sums of float32 numbers of one size are exact in a double; sums of squares depend on the order of summation.
      expect(values.reduce((sum, value) => sum + value, 0)).toBe(expected.sum);
      const squares = values.reduce((sum, value) => sum + value * value, 0);
      expect(Math.abs(squares / expected.sumsq - 1)).toBeLessThan(1e-13);
    },
  );

  it.each(entries<number[]>(/^randn\/f64\/seed=(\d+)\/n=(\d+)$/))(
    "equals torch's %s",
    (_name, [seed = 0, size = 0], expected) => {
      expect(numbersOf(new TorchGenerator(seed).randn([size], { dtype: "float64" }))).toEqual(expected);
    },
  );

  it.each(entries<[number, number[]][]>(/^sequence\/seed=(\d+)/))(
    "equals torch's %s",
    (_name, [seed = 0], draws) => {
      const generator = new TorchGenerator(seed);
      for (const [size, expected] of draws) expect(numbersOf(generator.randn([size]))).toEqual(expected);
    },
  );

  // SHA-256 of the bytes of torch.randn(1000003): every bit of a million numbers.
  it.each([
    [0, "4022835943f764406042deb5599569909f3ebb4c4c52a5204fb8168b7a4d58c2"],
    [2 ** 40 + 1, "ff891ab69f0946f039fafec65bc035b255ef022c0a92731907eda49b0d0cd775"],
    [-1, "dd0f8756e70688130da7bab00d6d7412181e1215e3cc91b5ef8af423f192b739"],
  ])("equals torch's in a million numbers of seed %d", async (seed, expected) => {
    expect(await sha256(new TorchGenerator(seed).randn([1_000_003]))).toBe(expected);
  });

  it("of one seed is the same in any shape", () => {
    const flat = new TorchGenerator(4).randn([48]);
    expect(new TorchGenerator(4).randn([2, 3, 8])).toEqual(flat.reshape([2, 3, 8]));
    expect(new TorchGenerator(4).randn([]).shape).toEqual([]);
    expect(new TorchGenerator(4).randn([2, 0]).size).toBe(0);
  });
});

describe("rand", () => {
  it.each(entries<number[]>(/^rand\/(?:f64\/)?seed=(\d+)\/n=(\d+)$/))(
    "equals torch's %s",
    (name, [seed = 0, size = 0], expected) => {
      const dtype = name.includes("f64") ? "float64" : "float32";
      expect(numbersOf(new TorchGenerator(seed).rand([size], { dtype }))).toEqual(expected);
    },
  );

  // SHA-256 of the bytes of torch.rand(100000) of seed 3.
  it.each([
    ["float32" as const, "0623a02c53264f74c7ec652a4de9fa4d0f88c70a0c20428f8cbd9d8c1252fd9b"],
    ["float64" as const, "ffd62c63c562e732c21e0026b33e8e7bd09c97dc0efdea9221b4f02e32b397cc"],
  ])("equals torch's in 100000 numbers of %s", async (dtype, expected) => {
    expect(await sha256(new TorchGenerator(3).rand([100_000], { dtype }))).toBe(expected);
  });
});

describe("randint", () => {
  it.each(entries<number[]>(/^randint\(0,1000\)\/seed=(\d+)\/n=(\d+)$/))(
    "equals torch's %s",
    (_name, [seed = 0, size = 0], expected) => {
      expect(numbersOf(new TorchGenerator(seed).randint(0, 1000, [size]))).toEqual(expected);
    },
  );

  it.each(entries<number[]>(/^randint\(0,2\*\*40\)\/seed=(\d+)\/n=(\d+)$/))(
    "equals torch's %s",
    (_name, [seed = 0, size = 0], expected) => {
      expect(numbersOf(new TorchGenerator(seed).randint(0, 2 ** 40, [size]))).toEqual(expected);
    },
  );

  // SHA-256 of the bytes of torch.randint(low, high, (10000,)) of seed 9, around the range of 2^28 where torch goes
  // over to 64-bit numbers, and at both ends of int64.
  it.each([
    [0, 2 ** 28 - 1, "4670b1257a5c29fa3f8cca04edc01da33e68d2d5055b9954ce6d5f2f8ec0eba7"],
    [0, 2 ** 28, "7ac15629a5cb30d1b4caf5fab8c706cb47aebc2486f178988cccf3eec697165c"],
    [-5, 2 ** 32, "4e03723c8d2441a03f29cd2e5af2a31e1a9ed30b9f8303c4516d584889ec32c4"],
    [-(2n ** 63n), 2n ** 63n - 1n, "15b8d9be14cf12f1f69c77ee6a1e82d83146b1e127b3a5143427083e76c8e82e"],
  ])("equals torch's in 10000 numbers from %s to %s", async (low, high, expected) => {
    expect(await sha256(new TorchGenerator(9).randint(low, high, [10_000]))).toBe(expected);
  });

  it.each([
    [5, 5, /^randint: found low 5 and high 5, expected high above low/],
    [6, 5, /^randint: found low 6 and high 5/],
    [0.5, 5, /^randint: low: found 0\.5, expected a whole number from -2\^63 to 2\^63 - 1/],
    [0, 2n ** 63n, /^randint: high: found 9223372036854775808/],
    [0, 2 ** 53, /^randint: high: found 9007199254740992.*a bigint beyond 2\^53/],
    [Number.NaN, 1, /^randint: low: found NaN/],
  ])("refuses the bounds %s and %s", (low, high, message) => {
    expect(() => new TorchGenerator(0).randint(low, high, [1])).toThrow(InvalidArgumentError);
    expect(() => new TorchGenerator(0).randint(low, high, [1])).toThrow(message);
  });
});

describe("seeds", () => {
  // torch 2.13: initial_seed() and the first randn(1).
  it.each([
    [0, 0n, 1.5409960746765137],
    [-1, 2n ** 64n - 1n, 1.2197630405426025],
    [2n ** 63n, 2n ** 63n, 1.5409960746765137],
    [-(2n ** 63n), 2n ** 63n, 1.5409960746765137],
    [2 ** 32, 2n ** 32n, 1.5409960746765137],
    [undefined, 67280421310721n, 0.9772631525993347],
  ])("%s is taken as torch takes it", (seed, initialSeed, first) => {
    const generator = new TorchGenerator(seed);
    expect(generator.initialSeed()).toBe(initialSeed);
    expect(numbersOf(generator.randn([1]))).toEqual([first]);
  });

  it("manualSeed starts over and forgets the spare normal", () => {
    const generator = new TorchGenerator(1);
    generator.randn([3]);
    expect(generator.manualSeed(7).randn([5])).toEqual(new TorchGenerator(7).randn([5]));
  });

  it("seed makes a new start each time", () => {
    const generator = new TorchGenerator();
    const seed = generator.seed();
    expect(generator.initialSeed()).toBe(seed);
    expect(generator.randn([20])).toEqual(new TorchGenerator(seed).randn([20]));
    expect(generator.seed()).not.toBe(seed);
  });
});

describe("state", () => {
  it("of torch is continued with torch's numbers", () => {
    const generator = new TorchGenerator().setState(savedState);
    expect(numbersOf(generator.randn([3]))).toEqual([
      -1.953660488128662, -1.1963354349136353, -0.6280855536460876,
    ]);
    expect(numbersOf(generator.rand([2]))).toEqual([0.7170136570930481, 0.3262007236480713]);
  });

  it("reached by the same draws is torch's, byte for byte", () => {
    const generator = new TorchGenerator(-3);
    generator.randn([5]);
    generator.rand([700]);
    expect(generator.getState()).toEqual(savedState);
  });

  it("saved and restored, or cloned, continues as if nothing had happened", () => {
    const draw = fc.record({
      kind: fc.constantFrom("randn", "randn64", "rand", "rand64", "randint"),
      size: fc.constantFrom(0, 1, 2, 3, 15, 16, 17, 40, 700),
    });
    const draws = fc.array(draw, { maxLength: 8 });
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
        draws,
        draws,
        (seed, before, after) => {
          const generator = new TorchGenerator(seed);
          for (const { kind, size } of before) perform(generator, kind, size);
          const restored = new TorchGenerator(99).setState(generator.getState());
          const cloned = generator.clone();
          for (const { kind, size } of after) {
            const expected = perform(generator, kind, size);
            expect(perform(restored, kind, size)).toEqual(expected);
            expect(perform(cloned, kind, size)).toEqual(expected);
          }
          expect(restored.initialSeed()).toBe(generator.initialSeed());
        },
      ),
      { numRuns: 40 },
    );
  });

  it("that is refused leaves the generator as it was", () => {
    const generator = new TorchGenerator(3);
    expect(() => generator.setState(new Uint8Array(5056))).toThrow(InvalidArgumentError);
    expect(() => generator.manualSeed(0.5)).toThrow(InvalidArgumentError);
    expect(() => generator.randn([-1])).toThrow(InvalidArgumentError);
    expect(() => generator.randn([1], { dtype: "int32" as "float32" })).toThrow(
      /^dtype: found "int32", expected float32 or float64/,
    );
    expect(generator.randn([3])).toEqual(new TorchGenerator(3).randn([3]));
  });
});

it("normals drawn in pieces of whole blocks of 16 are those of one draw", () => {
  // torch fills a tensor with uniform numbers first and transforms them block by block, so the normals of a block
  // depend on 16 uniform numbers in a row: cutting between blocks changes nothing.
  fc.assert(
    fc.property(
      fc.nat(2 ** 31),
      fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 }),
      (seed, blocks) => {
        const generator = new TorchGenerator(seed);
        const pieces = blocks.flatMap((count) => numbersOf(generator.randn([16 * count])));
        expect(pieces).toEqual(numbersOf(new TorchGenerator(seed).randn([pieces.length])));
      },
    ),
    { numRuns: 30 },
  );
});

it("small draws are the same whether one by one or together", () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31), fc.integer({ min: 1, max: 15 }), (seed, count) => {
      const generator = new TorchGenerator(seed);
      const single = Array.from({ length: count }, () => numbersOf(generator.randn([1]))).flat();
      expect(single).toEqual(numbersOf(new TorchGenerator(seed).randn([count])));
    }),
    { numRuns: 30 },
  );
});

function perform(generator: Generator, kind: string, size: number): number[] {
  switch (kind) {
    case "randn":
      return numbersOf(generator.randn([size]));
    case "randn64":
      return numbersOf(generator.randn([size], { dtype: "float64" }));
    case "rand":
      return numbersOf(generator.rand([size]));
    case "rand64":
      return numbersOf(generator.rand([size], { dtype: "float64" }));
    default:
      return numbersOf(generator.randint(-3, 50, [size]));
  }
}
