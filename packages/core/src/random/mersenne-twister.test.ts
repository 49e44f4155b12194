import fc from "fast-check";
import { expect, it } from "vitest";
import { MersenneTwister } from "./mersenne-twister.ts";

// The 10000th number for seed 5489 is the check value of the C++ standard ([rand.predef], mt19937).
it("gives 4123659995 as the 10000th number for seed 5489", () => {
  const twister = new MersenneTwister(5489);
  for (let count = 1; count < 10_000; count += 1) twister.next();
  expect(twister.next()).toBe(4123659995);
});

it("continues from a restored state, wherever that was taken", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.nat(1300), (seed, drawn) => {
      const twister = new MersenneTwister(seed);
      for (let count = 0; count < drawn; count += 1) twister.next();
      const copy = MersenneTwister.restore(twister.words, twister.position);
      for (let count = 0; count < 10; count += 1) expect(copy.next()).toBe(twister.next());
    }),
    { numRuns: 50 },
  );
});

it("counts the words it used up", () => {
  const twister = new MersenneTwister(1);
  expect(twister.position).toBe(0);
  for (let count = 0; count < MersenneTwister.wordCount; count += 1) twister.next();
  expect(twister.position).toBe(624);
  twister.next();
  expect(twister.position).toBe(1);
});

it("fills arrays with the numbers that it would give one by one", () => {
  fc.assert(
    fc.property(fc.nat(1300), fc.nat(1300), fc.nat(5), (drawn, length, start) => {
      const [one, other] = [new MersenneTwister(7), new MersenneTwister(7)];
      for (let count = 0; count < drawn; count += 1) expect(one.next()).toBe(other.next());
      const values = new Float32Array(start + length);
      one.fill(values, start);
      const expected = Array.from({ length }, () => (other.next() & 0xffffff) / 2 ** 24);
      expect([...values]).toEqual([...new Array(start).fill(0), ...expected]);
      expect(one.position).toBe(other.position);
    }),
    { numRuns: 50 },
  );
});
