import { expect, it } from "vitest";
import { blockSize, transformBlocks } from "./normal-fill.ts";

it.each([Float32Array, Float64Array])("makes normals of radius and angle in %o", (FloatArray) => {
  const values = new FloatArray(3 * blockSize);
  const start = blockSize;
  values[start] = 0.5;
  values[start + 8] = 0.25;
  values[start + 1] = 0.75;
  values[start + 9] = 0.5;
  transformBlocks(values, start, start + blockSize);
  // 2e-7: three units in the last place of float32 around 1.6.
  expect(values[start]).toBeCloseTo(0, 6);
  expect(Math.abs((values[start + 8] ?? 0) - Math.sqrt(2 * Math.LN2))).toBeLessThan(2e-7);
  expect(Math.abs((values[start + 1] ?? 0) + Math.sqrt(4 * Math.LN2))).toBeLessThan(2e-7);
  expect(values[start + 9]).toBeCloseTo(0, 6);
  expect([...values.slice(0, start), ...values.slice(start + blockSize)].every((value) => value === 0)).toBe(
    true,
  );
});

it("turns zeros into zeros without a sign", () => {
  const values = new Float32Array(blockSize);
  values[8] = 0.5;
  transformBlocks(values, 0, blockSize);
  expect(Object.is(values[0], 0)).toBe(true);
  expect(Object.is(values[8], 0)).toBe(true);
});
