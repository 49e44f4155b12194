import { InvalidArgumentError } from "@onestep/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CMStochasticIterativeScheduler } from "./schedulers/cm-stochastic-iterative-scheduler.ts";
import { type SearchTimestepsOptions, searchTimesteps } from "./search-timesteps.ts";

/** Lowest at an index, and rising on both sides, at different speed. */
const valley =
  (bottom: number, slope = 1) =>
  ([index = 0]: readonly number[]): number =>
    index < bottom ? slope * (bottom - index) : index - bottom;

describe("searchTimesteps", () => {
  it("finds the bottom of every valley, wherever it is and whatever the grid", async () => {
    const cases = fc
      .integer({ min: 2, max: 300 })
      .chain((size) =>
        fc.tuple(
          fc.constant(size),
          fc.integer({ min: 1, max: size - 1 }),
          fc.double({ min: 0.01, max: 100, noNaN: true }),
        ),
      );
    await fc.assert(
      fc.asyncProperty(cases, async ([numTrainTimesteps, bottom, slope]) => {
        const { timesteps, score, evaluations } = await searchTimesteps({
          numTrainTimesteps,
          score: valley(bottom, slope),
        });
        expect(timesteps).toEqual([bottom, 0]);
        expect(score).toBe(0);
        // Each round keeps two thirds of what is left, at the price of two scores.
        expect(evaluations.length).toBeLessThanOrEqual(2 * (Math.log(numTrainTimesteps) / Math.log(1.5)) + 4);
      }),
    );
  });

  it("tries each schedule once, tells of it, and gives schedules that a scheduler takes", async () => {
    const scheduler = new CMStochasticIterativeScheduler();
    const told: string[] = [];
    const asked: string[] = [];
    const { evaluations } = await searchTimesteps({
      numTrainTimesteps: scheduler.config.numTrainTimesteps,
      score: async (timesteps) => {
        scheduler.setTimesteps({ timesteps });
        asked.push(timesteps.join());
        await Promise.resolve();
        return valley(17)(timesteps);
      },
      onProgress: ({ timesteps, score, count }) => told.push(`${count}: ${timesteps.join()} ${score}`),
    });
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked.length).toBeLessThanOrEqual(15);
    expect(told[0]).toBe("1: 13,0 4");
    expect(evaluations.map(({ timesteps }) => timesteps.join())).toEqual(asked);
  });

  it("finds several steps one after the other, each below the one before", async () => {
    // The best second step is 13 whatever follows, the best third one 26.
    const score = (timesteps: readonly number[]): number => {
      const [third = 26, second = 0] = timesteps.length === 3 ? timesteps : [26, ...timesteps];
      return Math.abs(second - 13) + Math.abs(third - 26);
    };
    expect((await searchTimesteps({ numTrainTimesteps: 40, numSteps: 3, score })).timesteps).toEqual([
      26, 13, 0,
    ]);
    const all = await searchTimesteps({ numTrainTimesteps: 4, numSteps: 4, score: () => 0 });
    expect(all.timesteps).toEqual([3, 2, 1, 0]);
  });

  it("stops where it is told to, with the reason", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    let count = 0;
    const searching = searchTimesteps({
      numTrainTimesteps: 201,
      signal: controller.signal,
      score: () => {
        count += 1;
        controller.abort(reason);
        return 1;
      },
    });
    await expect(searching).rejects.toBe(reason);
    expect(count).toBe(1);
  });

  it("passes on what the score throws", async () => {
    const score = (): number => {
      throw new RangeError("no images");
    };
    await expect(searchTimesteps({ numTrainTimesteps: 40, score })).rejects.toThrow(RangeError);
  });

  it.each<[what: string, options: Partial<SearchTimestepsOptions>, message: string]>([
    [
      "a grid of one",
      { numTrainTimesteps: 1 },
      "numTrainTimesteps: found 1, expected a whole number from 2 to 1000000",
    ],
    ["a grid of a half", { numTrainTimesteps: 2.5 }, "numTrainTimesteps: found 2.5"],
    ["one step", { numSteps: 1 }, "numSteps: found 1, expected a whole number from 2 to 40"],
    ["more steps than the grid has", { numSteps: 41 }, "numSteps: found 41"],
    [
      "a score that is no number",
      { score: () => Number.NaN },
      "score: found NaN for [13,0], expected a finite number",
    ],
    [
      "a score that is infinite",
      { score: () => Number.NEGATIVE_INFINITY },
      "score: found -Infinity for [13,0]",
    ],
  ])("refuses %s", async (_what, options, message) => {
    const searching = searchTimesteps({ numTrainTimesteps: 40, score: () => 0, ...options });
    const error: unknown = await searching.catch((reason: unknown) => reason);
    expect(InvalidArgumentError.isInstance(error), String(error)).toBe(true);
    expect(String(error)).toContain(message);
  });
});
