import { Tensor, TorchGenerator } from "@onestep/core";
import { expect, it } from "vitest";
import { InterpolatedGenerator, slerp } from "./interpolated-generator.ts";

const length = ({ data }: Tensor<"float32">): number => Math.hypot(...data);

it("goes along the circle between two vectors", () => {
  const [first, last] = [Tensor.from([2, 0]), Tensor.from([0, 2])];
  const middle = slerp(first, last, 1 / 3);
  expect(middle.data[0]).toBeCloseTo(2 * Math.cos(Math.PI / 6), 6);
  expect(middle.data[1]).toBeCloseTo(2 * Math.sin(Math.PI / 6), 6);
});

it("keeps noise as long as it is", () => {
  const [first, last] = [new TorchGenerator(0).randn([3072]), new TorchGenerator(1).randn([3072])];
  for (const position of [0.1, 0.5, 0.9]) {
    const ratio = length(slerp(first, last, position)) / Math.sqrt(3072);
    expect(Math.abs(ratio - 1)).toBeLessThan(0.03);
  }
});

it("gives the ends exactly, and a straight way where there is no angle", () => {
  const [first, last] = [new TorchGenerator(0).randn([8]), new TorchGenerator(1).randn([8])];
  expect(slerp(first, last, 0)).toBe(first);
  expect(slerp(first, last, 1)).toBe(last);
  expect(slerp(first, first, 0.3).data.every(Number.isFinite)).toBe(true);
  expect(slerp(Tensor.from([1]), Tensor.from([-1]), 0.5).data[0]).toBe(0);
  expect(slerp(Tensor.from([0]), Tensor.from([1]), 0.5).data[0]).toBe(0.5);
});

it("draws of a generator between two are between theirs, and leave them alone", () => {
  const [first, last] = [new TorchGenerator(5), new TorchGenerator(6)];
  const between = new InterpolatedGenerator(first, last, 0.25);
  const [left, right] = [first.clone(), last.clone()];
  expect(between.randn([4, 5])).toEqual(slerp(left.randn([4, 5]), right.randn([4, 5]), 0.25));
  expect(between.rand([3])).toEqual(left.rand([3]));
  right.rand([3]);
  expect(between.randint(0, 10, [2])).toEqual(left.randint(0, 10, [2]));
  right.randint(0, 10, [2]);
  const wide = between.randn([2], { dtype: "float64" });
  expect(wide.dtype).toBe("float64");
  expect(wide.data[0]).toBeCloseTo(slerp(left.randn([2]), right.randn([2]), 0.25).data[0] ?? 0, 6);
  expect(first.initialSeed()).toBe(5n);
  expect(first.randn([1])).toEqual(new TorchGenerator(5).randn([1]));
});
