import { describe, expect, it } from "vitest";
import golden from "./__fixtures__/sinusoidal-golden.json" with { type: "json" };
import { sinusoidalProjection } from "./embeddings.ts";

describe("sinusoidalProjection", () => {
  // From diffusers' get_timestep_embedding. At arguments up to 1553 rad one unit in the last place of the float32
  // argument is 1.2e-4, which moves a sine by as much: agreement to 2e-7 means that the arguments are the same numbers.
  it.each(golden)("is what diffusers computes, width $width, shift $frequencyShift", (options) => {
    const projected = sinusoidalProjection(options.timesteps, options);
    expect(projected).toHaveLength(options.timesteps.length * options.width);
    options.rows.forEach((row, index) => {
      row.forEach((expected, position) => {
        const actual = projected[index * options.width + (options.columns[position] as number)] as number;
        expect(Math.abs(actual - expected)).toBeLessThan(2e-7);
      });
    });
  });
});
