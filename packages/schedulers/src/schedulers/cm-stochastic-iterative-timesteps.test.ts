import { InvalidArgumentError } from "@onestep/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { consistencyGoldens as goldens, largestDifference, toOptions } from "../__fixtures__/goldens.ts";
import { CMStochasticIterativeScheduler } from "./cm-stochastic-iterative-scheduler.ts";

/** V8's `pow` and `log` and those of numpy differ in the last bit of a float64 here and there; float32 hides it. */
const float64Tolerance = 1e-14;

describe("setTimesteps", () => {
  it.each(goldens.schedules)("$request of $config is as in diffusers", (golden) => {
    const scheduler = new CMStochasticIterativeScheduler(toOptions(golden.config));
    scheduler.setTimesteps(toOptions(golden.request ?? {}));
    expect(largestDifference(scheduler.timesteps, golden.timesteps)).toBeLessThan(float64Tolerance);
    // Every float32 noise level is equal to the last bit.
    expect(scheduler.sigmas).toEqual(Float32Array.from(golden.sigmas));
  });

  const first = 1095.5066586684702;
  const last = 0.0020000000949949026;
  const ten = [
    [first, 953.402541751914, 798.7312375929715, 629.0523931109162, 441.1376451082342, 230.589966953015],
    [-8.798805734173147, -286.20336184065843, -616.0196585972767, -1022.7761556001178],
    [80, 45.31373596191406, 24.408342361450195, 12.381576538085938, 5.838947772979736, 2.51521897315979],
    [0.9654169082641602, 0.3182832896709442, 0.08508720248937607, 0.01672075316309929, last],
  ] as const;
  it.each([
    [40, { numInferenceSteps: 1 }, [first], [80, last]],
    [151, { numInferenceSteps: 1 }, [first], [80, last]],
    [201, { numInferenceSteps: 1 }, [first], [80, last]],
    [40, { timesteps: [22, 0] }, [first, 80.94948482281791], [80, 1.3823679685592651, last]],
    [40, { numInferenceSteps: 2 }, [first, 201.66804188748551], [80, 2.2404396533966064, last]],
    [
      40,
      { numInferenceSteps: 3 },
      [first, 568.6287304457778, -188.76678568058682],
      [80, 9.723201751708984, 0.46997904777526855, last],
    ],
    [
      40,
      { numInferenceSteps: 4 },
      [first, 705.0452789277747, 201.66804188748551, -507.763125356554],
      [80, 16.779890060424805, 2.2404396533966064, 0.13119736313819885, last],
    ],
    [40, { timesteps: [17, 0] }, [first, 368.43671510907257], [80, 4.365561485290527, last]],
    [40, { timesteps: [18, 0] }, [first, 314.5938566767729], [80, 3.5196988582611084, last]],
    [201, { timesteps: [106, 0] }, [first, 162.1477353828711], [80, 1.9128435850143433, last]],
    [201, { numInferenceSteps: 2 }, [first, 230.589966953015], [80, 2.51521897315979, last]],
    [151, { numInferenceSteps: 2 }, [first, 230.589966953015], [80, 2.51521897315979, last]],
    [
      201,
      { numInferenceSteps: 3 },
      [first, 565.5520814654878, -198.2699104312542],
      [80, 9.60427474975586, 0.4524492621421814, last],
    ],
    [201, { numInferenceSteps: 10 }, [...ten[0], ...ten[1]], [...ten[2], ...ten[3]]],
    [151, { timesteps: [67, 0] }, [first, 346.02415027140614], [80, 3.9912185668945312, last]],
    [151, { timesteps: [62, 0] }, [first, 414.4857341071382], [80, 5.2485032081604, last]],
  ])(
    "on a grid of %i, %j goes through the published noise levels",
    (gridSize, request, timesteps, sigmas) => {
      const scheduler = new CMStochasticIterativeScheduler({ numTrainTimesteps: gridSize });
      scheduler.setTimesteps(request);
      expect([...scheduler.sigmas]).toEqual(sigmas);
      // float64: the last bits of `pow` and `log` differ, and where ln σ is near 0 they count for more.
      const ratios = timesteps.map((timestep, index) => Number(scheduler.timesteps[index]) / timestep);
      for (const ratio of ratios) expect(Math.abs(ratio - 1)).toBeLessThan(1e-14);
    },
  );

  it("notes how the run was asked for; explicit timesteps leave the number of steps as it was", () => {
    const scheduler = new CMStochasticIterativeScheduler();
    scheduler.setTimesteps({ timesteps: [22, 0] });
    expect(scheduler).toMatchObject({ numInferenceSteps: undefined, customTimesteps: true });
    scheduler.setTimesteps({ numInferenceSteps: 3 });
    expect(scheduler).toMatchObject({ numInferenceSteps: 3, customTimesteps: false });
    scheduler.setTimesteps({ timesteps: [22, 0] });
    expect(scheduler).toMatchObject({ numInferenceSteps: 3, customTimesteps: true });
  });

  it.each([
    [{}, "Exactly one of `numInferenceSteps` or `timesteps` must be supplied. Found neither"],
    [
      { numInferenceSteps: 5, timesteps: [39, 30, 12, 1, 0] },
      "Can only pass one of `numInferenceSteps` or `timesteps`. Found both",
    ],
    [{ timesteps: [39, 30, 12, 15, 0] }, "`timesteps` must be in descending order. Found 15 after 12"],
    [{ timesteps: [5, 5] }, "`timesteps` must be in descending order. Found 5 after 5"],
    [{ timesteps: [5.7, 5.2] }, "`timesteps` must be in descending order. Found 5.2 after 5.7"],
    [
      { timesteps: [201] },
      "`timesteps` must start before `numTrainTimesteps`: 201. Found 201: pass indices from 200 down to 0.",
    ],
    [
      { numInferenceSteps: 202 },
      "`numInferenceSteps`: 202 cannot be larger than `numTrainTimesteps`: 201, the number of timesteps that the model" +
        " was trained with.",
    ],
    [{ numInferenceSteps: 0 }, "numInferenceSteps: found 0, expected a whole number from 1 to 201."],
    [{ numInferenceSteps: -2 }, "numInferenceSteps: found -2"],
    [{ numInferenceSteps: 2.5 }, "numInferenceSteps: found 2.5"],
    [{ numInferenceSteps: Number.NaN }, "numInferenceSteps: found NaN"],
    [{ numInferenceSteps: "4" as unknown as number }, 'numInferenceSteps: found "4"'],
    [{ timesteps: [] }, "timesteps: found an empty list, expected a list of at least one index."],
    [{ timesteps: 22 as unknown as number[] }, "timesteps: found 22, expected a list"],
    [{ timesteps: [22, Number.NaN] }, "timesteps[1]: found NaN, expected a whole number."],
    [{ timesteps: [Number.POSITIVE_INFINITY, 0] }, "timesteps[0]: found Infinity"],
    [{ timesteps: ["22", "0"] as unknown as number[] }, 'timesteps[0]: found "22"'],
    [{ timesteps: [0, -9e8] }, "sigmas: found Infinity at index 0, expected finite float32 numbers."],
    [10 as unknown as object, "Exactly one of `numInferenceSteps` or `timesteps` must be supplied."],
    [undefined as unknown as object, "Exactly one of `numInferenceSteps` or `timesteps` must be supplied."],
  ])("refuses %j and leaves the run as it was", (request, message) => {
    const scheduler = new CMStochasticIterativeScheduler({ numTrainTimesteps: 201 });
    scheduler.setTimesteps({ numInferenceSteps: 2 });
    const { timesteps, sigmas } = scheduler;
    expect(() => scheduler.setTimesteps(request)).toThrow(InvalidArgumentError);
    expect(() => scheduler.setTimesteps(request)).toThrow(message);
    expect(scheduler).toMatchObject({ timesteps, sigmas, numInferenceSteps: 2, customTimesteps: false });
  });

  it("says what diffusers does, in the names of this interface", () => {
    const scheduler = new CMStochasticIterativeScheduler();
    const messageOf = (request: object): string => {
      try {
        scheduler.setTimesteps(request);
      } catch (error) {
        if (error instanceof Error) return error.message;
      }
      return "";
    };
    expect(
      messageOf({}).startsWith("Exactly one of `numInferenceSteps` or `timesteps` must be supplied."),
    ).toBe(true);
    expect(messageOf({ timesteps: [0, 1] }).startsWith("`timesteps` must be in descending order.")).toBe(
      true,
    );
    expect(
      messageOf({ timesteps: [40] }).startsWith("`timesteps` must start before `numTrainTimesteps`: 40."),
    ).toBe(true);
  });

  it("makes a run of a grid of one timestep, where diffusers makes NaN", () => {
    const scheduler = new CMStochasticIterativeScheduler({ numTrainTimesteps: 1 });
    scheduler.setTimesteps({ numInferenceSteps: 1 });
    expect([...scheduler.sigmas]).toEqual([80, Math.fround(0.002)]);
    expect([...scheduler.timesteps]).toEqual([1095.5066586684702]);
  });

  it("holds for any grid and any number of steps", () => {
    const gridAndSteps = fc
      .integer({ min: 1, max: 1000 })
      .chain((gridSize) => fc.tuple(fc.constant(gridSize), fc.integer({ min: 1, max: gridSize })));
    fc.assert(
      fc.property(gridAndSteps, ([gridSize, count]) => {
        const scheduler = new CMStochasticIterativeScheduler({ numTrainTimesteps: gridSize });
        scheduler.setTimesteps({ numInferenceSteps: count });
        const { timesteps, sigmas } = scheduler;
        expect(timesteps).toHaveLength(count);
        expect(sigmas).toHaveLength(count + 1);
        // What diffusers' tests rely on: the first timestep is that of `sigmaMax`, exactly.
        expect(timesteps[0]).toBe(scheduler.sigmaToT(80));
        expect(sigmas[0]).toBe(80);
        expect(sigmas[count]).toBe(Math.fround(0.002));
        expect(
          timesteps.every((timestep, index) => index === 0 || timestep < Number(timesteps[index - 1])),
        ).toBe(true);
        expect(timesteps.every((timestep, index) => scheduler.indexForTimestep(timestep) === index)).toBe(
          true,
        );

        const gap = Math.floor(gridSize / count);
        const custom = scheduler.clone();
        custom.setTimesteps({
          timesteps: Array.from({ length: count }, (_, step) => step * gap).reverse(),
        });
        expect(custom.timesteps).toEqual(timesteps);
        expect(custom.sigmas).toEqual(sigmas);
      }),
    );
  });
});
