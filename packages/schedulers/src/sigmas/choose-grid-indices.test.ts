import { InvalidArgumentError } from "@onestep/core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { chooseGridIndices } from "./choose-grid-indices.ts";

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
        expect(indices.every((index, place) => place === 0 || index > Number(indices[place - 1]))).toBe(true);
      } catch (error) {
        if (!InvalidArgumentError.isInstance(error)) throw error;
      }
    }),
  );
});
