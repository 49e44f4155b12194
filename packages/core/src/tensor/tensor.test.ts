import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidArgumentError } from "../errors.ts";
import { TorchGenerator } from "../random/torch-generator.ts";
import { Tensor } from "./tensor.ts";
import type { DataType } from "./tensor-data.ts";

describe("new Tensor", () => {
  it("keeps the array it is given and freezes a copy of the shape", () => {
    const data = new Float32Array(6);
    const shape = [2, 3];
    const tensor = new Tensor("float32", data, shape);
    shape[0] = 99;
    expect(tensor.data).toBe(data);
    expect(tensor.shape).toEqual([2, 3]);
    expect(Object.isFrozen(tensor.shape)).toBe(true);
    expect(tensor.size).toBe(6);
    expect(tensor.describe()).toBe("float32 [2, 3]");
  });

  it("takes an empty shape as one number and a zero dimension as no number", () => {
    expect(Tensor.zeros([]).size).toBe(1);
    expect(Tensor.zeros([0, 3]).size).toBe(0);
  });

  it.each([
    [[2, 2], /^Tensor: found 6 elements, expected 4 for shape \[2,2\]\. Pass the shape/],
    [[2, -3], /^shape: found \[2,-3\], expected whole numbers, each at least 0\./],
    [[2.5, 2], /^shape: found \[2\.5,2\]/],
    [[Number.NaN], /^shape: found \[NaN\]/],
  ])("refuses the shape %j for six elements", (shape, message) => {
    const make = () => new Tensor("float32", new Float32Array(6), shape);
    expect(make).toThrow(InvalidArgumentError);
    expect(make).toThrow(message);
  });

  it("refuses data of another type than dtype says, and a dtype it does not know", () => {
    const wrongData = new Float64Array(1) as unknown as Float32Array;
    expect(() => new Tensor("float32", wrongData, [1])).toThrow(
      /^Tensor: found dtype "float32" with a Float64Array of 1 elements as data, expected/,
    );
    expect(() => new Tensor("float8" as "float32", new Float32Array(1), [1])).toThrow(InvalidArgumentError);
    expect(() => new Tensor("toString" as "float32", new Float32Array(1), [1])).toThrow(InvalidArgumentError);
  });

  it("tells arguments in the wrong order in a few words", () => {
    const [values, shape] = [new Float32Array(12_288), [1, 3, 64, 64]] as unknown as [
      "float32",
      Float32Array,
    ];
    expect(() => new Tensor(values, shape, [])).toThrow(
      "Tensor: found dtype a Float32Array of 12288 elements with [1,3,64,64] as data, expected",
    );
    const long = Array.from({ length: 12_288 }, () => 1) as unknown as "float32";
    const error = (() => {
      try {
        return new Tensor(long, shape, []);
      } catch (thrown) {
        return thrown as Error;
      }
    })();
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect((error as Error).message.length).toBeLessThan(300);
  });

  it("refuses sizes beyond what can be counted or held", () => {
    expect(() => Tensor.zeros([2 ** 30, 2 ** 30])).toThrow(/^shape: .* expected at most 2\^53 - 1 elements/);
    expect(() => Tensor.zeros([2 ** 50])).toThrow(/^Tensor: found 1125899906842624 elements of float32/);
    expect(() => Tensor.zeros([2 ** 50])).toThrow(InvalidArgumentError);
  });
});

describe("Tensor.from", () => {
  it("rounds to the element type once and copies", () => {
    const values = [0.1, 1 / 3];
    const tensor = Tensor.from(values);
    values[0] = 7;
    expect(tensor.dtype).toBe("float32");
    expect([...tensor.data]).toEqual([Math.fround(0.1), Math.fround(1 / 3)]);
    expect(Tensor.from(new Float64Array([0.1]), [1, 1], "float64").data[0]).toBe(0.1);
  });

  it("takes bigint and number for int64 and back", () => {
    const tensor = Tensor.from([1, 2n ** 62n], [2], "int64");
    expect(tensor.data).toEqual(new BigInt64Array([1n, 2n ** 62n]));
    expect([...Tensor.from(tensor.data, [2]).data]).toEqual([1, 2 ** 62]);
  });

  it.each<[number | bigint, DataType, RegExp]>([
    [256, "uint8", /^Tensor: element 0: found 256, expected a whole number from 0 to 255\. .*uint8/],
    [-1, "uint8", /found -1/],
    [0.5, "int32", /found 0\.5, expected a whole number from -2147483648 to 2147483647/],
    [Number.NaN, "int64", /found NaN/],
    [2n ** 63n, "int64", /found 9223372036854775808/],
    ["1" as unknown as number, "float32", /found "1", expected a number/],
  ])("refuses %s for %s", (value, dtype, message) => {
    expect(() => Tensor.from([value], [1], dtype)).toThrow(InvalidArgumentError);
    expect(() => Tensor.from([value], [1], dtype)).toThrow(message);
  });
});

describe("arithmetic", () => {
  const left = Tensor.from([0.1, -0.2, 3.3, 1e-7, 12345.678]);
  const right = Tensor.from([0.7, 0.3, -1.1, 2.5, 0.001]);

  // Computed with torch 2.13 on a CPU from the same numbers; exact.
  it.each([
    [
      "x + y",
      left.add(right),
      [0.800000011920929, 0.10000000894069672, 2.1999998092651367, 2.5, 12345.6787109375],
    ],
    ["x - y", left.sub(right), [-0.5999999642372131, -0.5, 4.400000095367432, -2.5, 12345.6767578125]],
    [
      "x * y",
      left.mul(right),
      [
        0.07000000029802322, -0.06000000238418579, -3.630000114440918, 2.499999993688107e-7,
        12.345678329467773,
      ],
    ],
    ["x / y", left.div(right), [0.1428571492433548, -0.6666666269302368, -3, 3.999999975690116e-8, 12345677]],
    [
      "x + 0.1",
      left.add(0.1),
      [0.20000000298023224, -0.10000000149011612, 3.3999998569488525, 0.10000009834766388, 12345.77734375],
    ],
    [
      "x - 0.1",
      left.sub(0.1),
      [0, -0.30000001192092896, 3.200000047683716, -0.09999990463256836, 12345.578125],
    ],
    [
      "x * 0.1",
      left.mul(0.1),
      [
        0.010000000707805157, -0.020000001415610313, 0.33000001311302185, 9.99999993922529e-9,
        1234.5677490234375,
      ],
    ],
    ["x / 0.1", left.div(0.1), [1, -2, 33, 9.999999974752427e-7, 123456.7734375]],
    [
      "x / 80.00625",
      left.div(80.00625),
      [
        0.0012499024160206318, -0.0024998048320412636, 0.04124677926301956, 1.2499024037992967e-9,
        154.3089141845703,
      ],
    ],
    [
      "x.clamp(-0.1, 0.1)",
      left.clamp(-0.1, 0.1),
      [
        0.10000000149011612, -0.10000000149011612, 0.10000000149011612, 1.0000000116860974e-7,
        0.10000000149011612,
      ],
    ],
  ])("of float32 equals torch's: %s", (_expression, tensor, expected) => {
    expect([...tensor.data]).toEqual(expected);
    expect(tensor.shape).toEqual([5]);
  });

  it("of float64 is not rounded to float32", () => {
    const tensor = Tensor.from([0.1], [1], "float64");
    expect(tensor.mul(3).data[0]).toBe(0.1 * 3);
    expect(tensor.add(tensor).data[0]).toBe(0.2);
  });

  it("leaves its operands alone and returns tensors of their own", () => {
    const tensor = Tensor.from([1, 2]);
    const sum = tensor.add(0);
    sum.data[0] = 9;
    expect([...tensor.data]).toEqual([1, 2]);
  });

  it("keeps NaN in clamp, divides by zero as IEEE does", () => {
    expect([...Tensor.from([Number.NaN, -9, 9]).clamp(-1, 1).data]).toEqual([Number.NaN, -1, 1]);
    expect([...Tensor.from([1, -1, 0]).div(0).data]).toEqual([Infinity, -Infinity, Number.NaN]);
  });

  it("refuses tensors of another shape or type, integers, and other things", () => {
    const add = (other: unknown) => () => left.add(other as Tensor<"float32">);
    expect(add(Tensor.zeros([1, 5]))).toThrow(InvalidArgumentError);
    expect(add(Tensor.zeros([1, 5]))).toThrow(
      /^Tensor\.add: found float32 \[5\] and float32 \[1, 5\], expected two tensors of one element type and shape/,
    );
    expect(add(Tensor.zeros([5], "float64"))).toThrow(/found float32 \[5\] and float64 \[5\]/);
    expect(add(undefined)).toThrow(/found float32 \[5\] and undefined/);
    expect(add("2")).toThrow(/found float32 \[5\] and string/);
    const integers = Tensor.zeros([5], "int32") as unknown as Tensor<"float32">;
    expect(() => integers.mul(2)).toThrow(/^Tensor\.mul: found int32 \[5\], expected a tensor of float32/);
    expect(() => integers.clamp(0, 1)).toThrow(/^Tensor\.clamp: found int32 \[5\]/);
  });

  it.each([
    [1, -1],
    [Number.NaN, 1],
    [0, Number.NaN],
  ])("refuses the bounds %s and %s in clamp", (minimum, maximum) => {
    expect(() => left.clamp(minimum, maximum)).toThrow(
      `Tensor.clamp: found a minimum of ${minimum} and a maximum of ${maximum}, expected a minimum that is not`,
    );
  });
});

describe("reshape, clone, slice, concat", () => {
  it("reshape shares the data, clone does not", () => {
    const tensor = Tensor.from([1, 2, 3, 4]);
    const square = tensor.reshape([2, 2]);
    const copy = tensor.clone();
    tensor.data[0] = 9;
    expect(square.data[0]).toBe(9);
    expect(copy.data[0]).toBe(1);
    expect(() => tensor.reshape([3])).toThrow(InvalidArgumentError);
  });

  it("slices dimension 0, and copies", () => {
    const tensor = Tensor.from([1, 2, 3, 4, 5, 6], [3, 2]);
    const part = tensor.slice(1, 3);
    expect(part.shape).toEqual([2, 2]);
    part.data[0] = 9;
    expect([...tensor.data]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(tensor.slice(2).shape).toEqual([1, 2]);
    expect(tensor.slice(1, 1).shape).toEqual([0, 2]);
  });

  it.each([
    [-1, 1],
    [2, 1],
    [0, 4],
    [0.5, 1],
    [Number.NaN, 1],
  ])("refuses the range %s to %s of three items", (start, end) => {
    const slice = () => Tensor.zeros([3, 2]).slice(start, end);
    expect(slice).toThrow(InvalidArgumentError);
    expect(slice).toThrow(
      `Tensor.slice: found items ${start} to ${end} of float32 [3, 2], expected a range in 0 to 3.`,
    );
  });

  it("refuses to slice a tensor without dimensions", () => {
    expect(() => Tensor.zeros([]).slice(0)).toThrow(/expected a tensor with at least one dimension/);
  });

  it("concat refuses nothing, single numbers and tensors that do not match", () => {
    expect(() => Tensor.concat([])).toThrow(/^Tensor\.concat: found no tensor/);
    expect(() => Tensor.concat([Tensor.zeros([])])).toThrow(/found a tensor without dimensions/);
    const join = () => Tensor.concat([Tensor.zeros([1, 2]), Tensor.zeros([1, 3])]);
    expect(join).toThrow(InvalidArgumentError);
    expect(join).toThrow(/found float32 \[1, 2\] and float32 \[1, 3\]/);
    expect(() => Tensor.concat<DataType>([Tensor.zeros([1]), Tensor.zeros([1], "int32")])).toThrow(
      InvalidArgumentError,
    );
  });

  it("concat of all slices is the tensor again, for every element type", () => {
    const dtypes = fc.constantFrom<DataType>("float32", "float64", "int32", "int64", "uint8");
    const values = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(dtypes, values, fc.nat(), (dtype, numbers, at) => {
        const tensor = Tensor.from([...numbers, ...numbers], [numbers.length, 2], dtype);
        const cut = at % (numbers.length + 1);
        const joined = Tensor.concat([tensor.slice(0, cut), tensor.slice(cut)]);
        expect(joined).toEqual(tensor);
        expect(joined.data).not.toBe(tensor.data);
      }),
    );
  });

  it("hasType tells the element type", () => {
    const tensor: Tensor = Tensor.zeros([1]);
    expect(tensor.hasType("float32")).toBe(true);
    expect(tensor.hasType("int32")).toBe(false);
  });
});

describe("addScaled", () => {
  it.each(["float32", "float64"] as const)(
    "gives the bits of mul and add one after the other: %s",
    (dtype) => {
      const draw = (seed: number): Tensor<"float32" | "float64"> => {
        const { data } = new TorchGenerator(seed).randn([64]);
        return dtype === "float32"
          ? new Tensor("float32", data, [64])
          : new Tensor(
              "float64",
              Float64Array.from(data, (value) => value / 3),
              [64],
            );
      };
      const [left, right] = [draw(0), draw(1)];
      expect(left.addScaled(0.1, right, 79.3)).toEqual(left.mul(0.1).add(right.mul(79.3)));
    },
  );

  it("refuses another shape", () => {
    const zeros = Tensor.zeros([2]);
    expect(() => zeros.addScaled(1, Tensor.zeros([3]), 1)).toThrow(InvalidArgumentError);
  });
});
