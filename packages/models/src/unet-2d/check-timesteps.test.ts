import { InvalidArgumentError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { checkTimesteps, spread } from "./inputs.ts";

const positional = { timeEmbeddingType: "positional", numTrainTimesteps: null } as const;
const fourier = { timeEmbeddingType: "fourier", numTrainTimesteps: null } as const;
const learned = { timeEmbeddingType: "learned", numTrainTimesteps: 20 } as const;

describe("checkTimesteps", () => {
  it.each([
    [positional, [0, -1553.65, 1e-30]],
    [fourier, [1348, 0.01]],
    [learned, [0, 19]],
  ])("accepts what %o embeds", (config, timesteps) => {
    expect(() => checkTimesteps("timestep", config, timesteps, "Pass others.")).not.toThrow();
  });

  it.each([
    [positional, Number.NaN, "finite numbers"],
    [fourier, 0, "finite numbers above 0"],
    [fourier, -1, "finite numbers above 0"],
    [fourier, 1e-60, "finite numbers above 0"],
    [fourier, Number.POSITIVE_INFINITY, "finite numbers above 0"],
    [learned, 20, "integers from 0 to 19"],
    [learned, -1, "integers from 0 to 19"],
    [learned, 1.5, "integers from 0 to 19"],
  ])("refuses what %o does not: %d", (config, timestep, expected) => {
    const check = (): void => checkTimesteps("timestep", config, [1, timestep], "Pass others.");
    expect(check).toThrow(InvalidArgumentError);
    expect(check).toThrow(`timestep: found 1, ${timestep}, expected ${expected}`);
  });
});

describe("spread", () => {
  it("gives each image a value", () => {
    expect(spread("timestep", 3, 2)).toEqual([3, 3]);
    expect(spread("timestep", Float32Array.of(3), 2)).toEqual([3, 3]);
    expect(spread("timestep", [1, 2], 2)).toEqual([1, 2]);
    expect(() => spread("timestep", [1, 2, 3], 2)).toThrow("timestep: found 3 values, expected 1, or 2");
  });
});
