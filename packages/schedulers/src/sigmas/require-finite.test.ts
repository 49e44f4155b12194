import { InvalidArgumentError } from "@onestep/core";
import { expect, it } from "vitest";
import { requireFinite } from "./require-finite.ts";

it("accepts numbers, refuses NaN and infinities", () => {
  requireFinite("here", [0, -1.5, 1e300]);
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    expect(() => requireFinite("here", [1, value])).toThrow(InvalidArgumentError);
    expect(() => requireFinite("here", [1, value])).toThrow(
      `here: found ${value} at index 1, expected numbers`,
    );
  }
});
