import { InvalidArgumentError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { largestDifference } from "./__fixtures__/goldens.ts";
import { CMStochasticIterativeScheduler } from "./cm-stochastic-iterative-scheduler.ts";
import { EDMEulerScheduler } from "./edm-euler-scheduler.ts";

describe("timestepScale", () => {
  it("is 1000 in a config made from that of a consistency model, and gives its timesteps", () => {
    const consistency = new CMStochasticIterativeScheduler({ numTrainTimesteps: 40 });
    const scheduler = EDMEulerScheduler.fromConfig(consistency.config);
    expect(scheduler.config).toMatchObject({ timestepScale: 1000, numTrainTimesteps: 40 });
    scheduler.setTimesteps({ numInferenceSteps: 5 });
    const levels = [...scheduler.sigmas.slice(0, 5)];
    // Timesteps are float32 numbers computed in three roundings; a unit in the last place of 1095 is 1.1e-7 of it.
    expect(largestDifference(scheduler.timesteps, [...consistency.sigmaToT(levels)])).toBeLessThan(3e-7);
  });

  it("stays what it was set to", () => {
    const consistency = new CMStochasticIterativeScheduler();
    expect(EDMEulerScheduler.fromConfig(consistency.config, { timestepScale: 1 }).config.timestepScale).toBe(
      1,
    );
    expect(new EDMEulerScheduler({ timestepScale: 250 }).clone().config.timestepScale).toBe(250);
    const scaled = EDMEulerScheduler.fromConfig(consistency.config);
    expect(scaled.clone().config).toEqual(scaled.config);
    expect(EDMEulerScheduler.fromConfig(scaled.config, { rho: 5 }).config).toMatchObject({
      timestepScale: 1000,
      rho: 5,
    });
    expect(EDMEulerScheduler.fromConfig(new EDMEulerScheduler().config).config.timestepScale).toBe(1);
  });

  it("is 1000 for the content of a consistency model's file, 1 for one of diffusers' own EDMEulerScheduler", () => {
    const of = (document: object) => EDMEulerScheduler.fromConfig(document).config.timestepScale;
    expect(of({ _class_name: "CMStochasticIterativeScheduler", sigma_max: 80 })).toBe(1000);
    expect(of({ _class_name: "CMStochasticIterativeScheduler", timestep_scale: 10 })).toBe(10);
    expect(of({ _class_name: "EDMEulerScheduler", sigma_max: 80 })).toBe(1);
    expect(
      EDMEulerScheduler.fromJson({ _class_name: "CMStochasticIterativeScheduler" }, "x").config.timestepScale,
    ).toBe(1000);
    expect(EDMEulerScheduler.fromJson({ _class_name: "EDMEulerScheduler" }, "x").config.timestepScale).toBe(
      1,
    );
  });

  it("is not asked of what is no config", () => {
    for (const config of [null, undefined, "x", 3]) {
      expect(() => EDMEulerScheduler.fromConfig(config as unknown as object)).toThrow(InvalidArgumentError);
    }
  });
});
