import { InvalidArgumentError } from "@onestep/core";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { chooseGridIndices, distilledTimesteps, requireStrength } from "./distilled.ts";

const grid = { count: 10, usedCount: 10, first: 9, gap: 10 };
const half = { ...grid, usedCount: 5 };

afterEach(() => vi.restoreAllMocks());

it("spaces steps over the timesteps of the distillation, or the lower part of them", () => {
  expect([...distilledTimesteps("it", { numInferenceSteps: 4 }, 100, grid)]).toEqual([99, 79, 49, 29]);
  expect([...distilledTimesteps("it", { numInferenceSteps: 2 }, 100, half)]).toEqual([49, 29]);
});

it("takes the last part of given timesteps, and warns of those that are not of the distillation", () => {
  const warning = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const options = { timesteps: [99, 49, 29, 9], strength: 0.5 };
  expect([...distilledTimesteps("it", options, 100, grid)]).toEqual([29, 9]);
  expect(warning).not.toHaveBeenCalled();
  distilledTimesteps("it", { timesteps: [98, 49, 30] }, 100, { ...grid, count: 2 });
  for (const text of [
    "The first timestep on the custom timestep schedule is 98, not `numTrainTimesteps - 1`: 99.",
    "not on the original training/distillation timestep schedule: 30.",
    "is 3, which exceeds the length of the timestep schedule used for training: 2.",
  ]) {
    expect(warning).toHaveBeenCalledWith(expect.stringContaining(text));
  }
});

it.each([
  [{}, grid, "it: found no option, expected exactly one of `numInferenceSteps`, `timesteps`."],
  [{ numInferenceSteps: 2, timesteps: [1] }, grid, "found `numInferenceSteps` and `timesteps`"],
  [{ numInferenceSteps: 11 }, grid, "found 11, expected a whole number from 1 to 10."],
  [{ numInferenceSteps: 6 }, half, "found 6 steps of the 5 that `strength` leaves of 10"],
  [{ timesteps: [5, 51] }, grid, "found 51 at index 1, expected whole numbers from 0 to 99"],
  [{ timesteps: [99], strength: 0.5 }, grid, "found a strength of 0.5 of 1 timesteps"],
])("refuses %j", (options, ofGrid, message) => {
  const call = () => distilledTimesteps("it", options, 100, ofGrid);
  expect(call).toThrow(InvalidArgumentError);
  expect(call).toThrow(message);
});

it("refuses a strength above 1", () => {
  expect(requireStrength("it", {})).toBe(1);
  expect(() => requireStrength("it", { strength: 1.5 })).toThrow(
    "it: strength: found 1.5, expected a number from 0",
  );
});

describe("chooseGridIndices", () => {
  it.each([
    [{ numInferenceSteps: 3 }, [0, 13, 26]],
    [{ timesteps: [22, 0] }, [0, 22]],
    [{ timesteps: [22] }, [22]],
    [{ timesteps: [39.9, 2.2, -0.5] }, [0, 2, 39]],
    [{ timesteps: [5, -3] }, [-3, 5]],
  ])("chooses from a grid of 40 for %j", (options, indices) => {
    expect(chooseGridIndices("here", options, 40)).toEqual(indices);
  });

  it("leaves the caller's list alone", () => {
    const timesteps = [22, 0];
    chooseGridIndices("here", { timesteps }, 40);
    expect(timesteps).toEqual([22, 0]);
  });

  it("gives rising indices for whatever is asked, or an error of ours", () => {
    const anything = fc.oneof(
      fc.integer(),
      fc.double(),
      fc.constant(undefined),
      fc.anything({ withNullPrototype: true }),
      fc.constant(Symbol()),
    );
    const request = fc.record({
      numInferenceSteps: anything,
      timesteps: fc.oneof(anything, fc.array(anything)),
    });
    fc.assert(
      fc.property(request, fc.integer({ min: 1, max: 100 }), (options, gridSize) => {
        try {
          const indices = chooseGridIndices("here", options as object, gridSize);
          expect(indices.length).toBeGreaterThan(0);
          expect(indices.every((index) => Number.isSafeInteger(index) && index < gridSize)).toBe(true);
          expect(indices.every((index, place) => place === 0 || index > Number(indices[place - 1]))).toBe(
            true,
          );
        } catch (error) {
          if (!InvalidArgumentError.isInstance(error)) throw error;
        }
      }),
    );
  });
});
