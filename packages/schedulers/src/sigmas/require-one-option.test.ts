import { InvalidArgumentError } from "@onestep/core";
import { expect, it } from "vitest";
import { requireOneOption } from "./require-one-option.ts";

it("accepts one of the options, and undefined ones beside it", () => {
  requireOneOption("here", { first: 1, second: undefined }, ["first", "second"]);
});

it.each([
  [{}, "here: found no option, expected exactly one of `first`, `second`."],
  [{ first: 1, second: 2 }, "here: found `first` and `second`, expected exactly one"],
  [{ third: 1 }, "here: found `third`, expected exactly one"],
  [{ first: 1, third: 1 }, "here: found `first` and `third`, expected exactly one"],
  [undefined as unknown as object, "here: found no option"],
])("refuses %j", (options, message) => {
  expect(() => requireOneOption("here", options, ["first", "second"])).toThrow(InvalidArgumentError);
  expect(() => requireOneOption("here", options, ["first", "second"])).toThrow(message);
});
