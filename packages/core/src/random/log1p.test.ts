import { expect, it } from "vitest";
import { log1pOfNegative } from "./log1p.ts";

// log1p(-k/2^53) of glibc 2.36 on x86-64. glibc has two builds of it, with and without fused multiply-add, that
// differ in the last place for one argument in two thousand; hence the tolerance of one unit in the last place.
it.each([
  [1, -1.1102230246251565e-16],
  [1073741825, -1.192092967672315e-7],
  [35184372088909, -0.003913899321144911],
  [1319413953331987, -0.15839142994402],
  [2637844281837119, -0.34652597045017763],
  [2638083206529035, -0.34656348275311377],
  [2638084206529036, -0.3465636397607852],
  [3000000000000001, -0.4050655490238484],
  [4503599627370496, -Math.LN2],
  [5003599627370497, -0.8108303114773038],
  [7777777777777777, -1.991480459960839],
  [9007199254740991, -36.7368005696771],
  [9007199242395314, -20.407983969403134],
])("of -%d / 2^53 is that of the C library", (multiple, expected) => {
  const difference = Math.abs(log1pOfNegative(multiple / 2 ** 53) - expected);
  expect(difference).toBeLessThanOrEqual(-expected * 2 ** -52);
});

it("is 0 at 0", () => {
  expect(Math.abs(log1pOfNegative(0))).toBe(0);
});
