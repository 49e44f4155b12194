import { formatConfig, parsePythonJson } from "@onestep/core/internal/files";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { configFileGoldens } from "./__fixtures__/goldens.ts";
import { memoryRepository } from "./__fixtures__/memory-repository.ts";
import { findSchedulerClass, type SchedulerClass } from "./load-scheduler.ts";
import { CMStochasticIterativeScheduler } from "./schedulers/cm-stochastic-iterative-scheduler.ts";
import { EDMEulerScheduler } from "./schedulers/edm-euler-scheduler.ts";

const repositoryOf = (text: string) => memoryRepository({ "scheduler/scheduler_config.json": text });

/** The fields that Onestep alone has are left out where the text is to be what Python writes. */
const withoutTimestepScale = (text: string) => text.replace(/,\n {2}"timestep_scale": 1000\.0/, "");

afterEach(() => vi.restoreAllMocks());

describe("configuration files", () => {
  it.each(configFileGoldens.files)("of $className are the ones that diffusers writes: %#", async (golden) => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const schedulerClass = findSchedulerClass(golden.className);
    const scheduler = await schedulerClass?.fromPretrained(repositoryOf(golden.from ?? golden.text));
    expect(withoutTimestepScale(formatConfig(scheduler?.config ?? {}))).toBe(golden.text);
    expect(formatConfig(scheduler?.clone().config ?? {})).toBe(formatConfig(scheduler?.config ?? {}));
  });

  it("of options are the ones that diffusers writes for the same arguments", () => {
    const [consistency, , tiny, edm] = configFileGoldens.files.map(({ text }) => text);
    expect(formatConfig(new CMStochasticIterativeScheduler().config)).toBe(consistency);
    expect(formatConfig(new EDMEulerScheduler().config)).toBe(edm);
    const options = { sigmaMin: 1e-5, sigmaMax: 157.25, sigmaData: 0.1, clipDenoised: false };
    expect(formatConfig(new CMStochasticIterativeScheduler(options).config)).toBe(tiny);
  });

  it("come through any options and back", () => {
    const anyOptions = fc.record(
      {
        numTrainTimesteps: fc.integer({ min: 1, max: 500 }),
        sigmaMin: fc.double({ min: 1e-6, max: 1, noNaN: true }),
        sigmaMax: fc.double({ min: 1, max: 1e4, noNaN: true }),
        sigmaData: fc.double({ min: 1e-3, max: 10, noNaN: true }),
        rho: fc.double({ min: 1, max: 20, noNaN: true }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(anyOptions, (options) => {
        for (const schedulerClass of [CMStochasticIterativeScheduler, EDMEulerScheduler]) {
          const scheduler = new schedulerClass(options);
          const text = formatConfig(scheduler.config);
          const reader: SchedulerClass = schedulerClass;
          const again = reader.fromJson(parsePythonJson(text, "text"), "text");
          expect(again.config).toEqual(scheduler.config);
          expect(formatConfig(again.config)).toBe(text);
        }
      }),
    );
  });
});

describe("swapping", () => {
  const original =
    '{\n  "_class_name": "CMStochasticIterativeScheduler",\n  "_diffusers_version": "0.40.0.dev0",\n' +
    '  "clip_denoised": false,\n  "num_train_timesteps": 151,\n  "rho": 7,\n  "s_noise": 1.003,\n  "sigma_data": 0.5,\n' +
    '  "sigma_max": 80,\n  "sigma_min": 0.002,\n  "unknown_to_both": [\n    1,\n    2.0\n  ]\n}\n';

  it("there and back keeps every entry as it was, and leaves no trace of the stay", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const consistency = await CMStochasticIterativeScheduler.fromPretrained(repositoryOf(original));
    const edm = EDMEulerScheduler.fromConfig(consistency.config);
    expect(edm.config).toMatchObject({
      numTrainTimesteps: 151,
      timestepScale: 1000,
      predictionType: "epsilon",
    });
    expect(formatConfig(edm.config)).toContain('"s_noise": 1.003');
    const back = CMStochasticIterativeScheduler.fromConfig(edm.config);
    expect(back.config).toEqual(consistency.config);
    expect(formatConfig(back.config)).toBe(original);
  });

  it("keeps the timestep scale through a file", async () => {
    const edm = EDMEulerScheduler.fromConfig(new CMStochasticIterativeScheduler({ sigmaMax: 50 }).config);
    const text = formatConfig(edm.config);
    expect(text).toContain('"sigma_schedule": "karras",\n  "timestep_scale": 1000.0\n}\n');
    const again = await EDMEulerScheduler.fromPretrained(repositoryOf(text));
    expect(again.config).toEqual(edm.config);
    expect(formatConfig(again.config)).toBe(text);
  });

  it("warns of entries that the class that the file names does not have", async () => {
    const warning = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    await CMStochasticIterativeScheduler.fromPretrained(repositoryOf(original));
    const words = "The config attributes unknown_to_both were passed";
    await vi.waitFor(() => expect(warning).toHaveBeenCalledWith(expect.stringContaining(words)));
  });
});
