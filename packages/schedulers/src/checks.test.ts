import { InvalidArgumentError, Tensor } from "@onestep/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  findTimestepIndex,
  isTimestepCount,
  refuseIndex,
  requireFinite,
  requireOneOption,
  requireSamples,
  requireSequence,
  requireTimestepCount,
  ScaledInputReminder,
} from "./checks.ts";

describe("requireSamples", () => {
  type Sample = Tensor<"float32">;

  it("accepts float32 tensors of one shape, from any copy of the package", () => {
    const foreign = { dtype: "float32", shape: [2], data: new Float32Array(2) } as unknown as Sample;
    requireSamples("here", { first: Tensor.zeros([2]), second: foreign });
  });

  it.each([
    [Tensor.zeros([2], "float64"), "float64 [2]"],
    [Tensor.zeros([]), "float32 []"],
    [new Float32Array(2), "object"],
    [[1, 2], "object"],
    [null, "null"],
    [undefined, "undefined"],
    [3, "number"],
  ])("refuses %#", (sample, found) => {
    const check = () => requireSamples("here", { sample: sample as unknown as Sample });
    expect(check).toThrow(InvalidArgumentError);
    expect(check).toThrow(
      `here: sample: found ${found}, expected a float32 tensor with the batch in its first dimension.`,
    );
  });

  it("refuses different shapes", () => {
    const check = () => requireSamples("here", { first: Tensor.zeros([2, 3]), second: Tensor.zeros([3, 2]) });
    expect(check).toThrow(
      "here: found first float32 [2, 3] and second float32 [3, 2], expected tensors of one shape.",
    );
  });
});

describe("refuseIndex", () => {
  it("refuses a whole number that is no timestep, and lets others pass", () => {
    const timesteps = Float64Array.of(8, 4.5);
    refuseIndex("SomeScheduler", 8, timesteps);
    refuseIndex("SomeScheduler", 0.5, timesteps);
    expect(() => refuseIndex("SomeScheduler", 1, timesteps)).toThrow(InvalidArgumentError);
    expect(() => refuseIndex("SomeScheduler", 1, timesteps)).toThrow(
      "as timesteps to `SomeScheduler.step()` is not supported. Make sure to pass one of the `scheduler.timesteps`",
    );
  });
});

describe("findTimestepIndex", () => {
  it("finds by exact equality, the second place where there are several", () => {
    expect(findTimestepIndex("here", 2, [3, 2, 1])).toBe(1);
    expect(findTimestepIndex("here", 2, new Float64Array([2, 2, 2]))).toBe(1);
  });

  it.each([
    [[], "here: timestep: found 5, expected one of `scheduler.timesteps`: ."],
    [[1.5, 2], "`scheduler.timesteps`: 1.5, 2. Pass a value of `scheduler.timesteps` as it is"],
    [[9, 8, 7, 6, 4, 3], "`scheduler.timesteps`: 9, 8, 7, … 3 (6 of them)."],
  ])("says what there is where it finds none: %j", (timesteps, message) => {
    expect(() => findTimestepIndex("here", 5, timesteps)).toThrow(InvalidArgumentError);
    expect(() => findTimestepIndex("here", 5, timesteps)).toThrow(message);
  });

  it("does not find NaN", () => {
    expect(() => findTimestepIndex("here", Number.NaN, [Number.NaN])).toThrow("found NaN");
  });
});

describe("ScaledInputReminder", () => {
  afterEach(() => vi.restoreAllMocks());

  it("warns once, and not at all where the input was scaled", () => {
    const warning = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const heeded = new ScaledInputReminder();
    heeded.noteCall();
    heeded.remind();
    expect(heeded.isCalled).toBe(true);
    expect(warning).not.toHaveBeenCalled();
    const forgotten = new ScaledInputReminder();
    forgotten.remind();
    forgotten.remind();
    expect(forgotten.isCalled).toBe(false);
    expect(warning).toHaveBeenCalledTimes(1);
  });
});

describe("requireOneOption", () => {
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
});

describe("requireSequence", () => {
  const rising = {
    expected: "numbers that rise",
    accepts: (value: number, previous = -1) => value > previous,
  };

  it("copies a list, typed or not", () => {
    const values = [0, 1, 2];
    const copy = requireSequence("here", values, rising);
    values[0] = 9;
    expect(copy).toEqual(new Float64Array([0, 1, 2]));
    expect(requireSequence("here", new Float32Array([3, 4]) as unknown as number[], rising)).toHaveLength(2);
  });

  it.each([
    [[], "an empty list"],
    [[2, 1], "1 at index 1"],
    [[1, "2"], '"2" at index 1'],
    [[Number.NaN], "NaN at index 0"],
    ["1, 2", '"1, 2"'],
    [null, "null"],
  ])("refuses %j", (values, found) => {
    const check = () => requireSequence("here", values as unknown as number[], rising);
    expect(check).toThrow(InvalidArgumentError);
    expect(check).toThrow(`here: found ${found}, expected numbers that rise.`);
  });
});

describe("requireFinite", () => {
  it("accepts numbers, refuses NaN and infinities", () => {
    requireFinite("here", [0, -1.5, 1e300]);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(() => requireFinite("here", [1, value])).toThrow(InvalidArgumentError);
      expect(() => requireFinite("here", [1, value])).toThrow(
        `here: found ${value} at index 1, expected finite float32 numbers`,
      );
    }
  });
});

describe("requireTimestepCount", () => {
  it("is a whole number from 1 to a million", () => {
    expect([1, 40, 1_000_000].every(isTimestepCount)).toBe(true);
    expect([0, -1, 1.5, 1_000_001, Number.NaN, "4", null, 4n].some(isTimestepCount)).toBe(false);
  });

  it("is at most what is allowed", () => {
    expect(requireTimestepCount("here", 40, 40)).toBe(40);
    expect(() => requireTimestepCount("here", 41, 40)).toThrow(InvalidArgumentError);
    expect(() => requireTimestepCount("here", 41, 40)).toThrow(
      "here: numInferenceSteps: found 41, expected a whole number from 1 to 40.",
    );
  });
});
