import { expect, it } from "vitest";
import { timeLeft } from "./time-left.ts";

it("counts down from what the speed so far promises", () => {
  const advance = { fraction: 0.25, after: 4000 };
  expect(timeLeft(advance, 4000)).toBe("12 s left");
  expect(timeLeft(advance, 6500)).toBe("10 s left");
  expect(timeLeft(advance, 60_000)).toBe("1 s left");
  expect(timeLeft({ fraction: 0.01, after: 3000 }, 3000)).toBe("4 min 57 s left");
});

it.each([
  [0, 5000],
  [1, 5000],
  [0.5, 900],
  [Number.NaN, 5000],
])("says nothing at %d after %d ms", (fraction, after) => {
  expect(timeLeft({ fraction, after }, after)).toBeUndefined();
});
