import { InvalidArgumentError, InvalidConfigError } from "@onestep/core";
import { formatConfig, parsePythonJson } from "@onestep/core/internal/files";
import { describe, expect, it, vi } from "vitest";
import { patternModel, patternSample } from "../__fixtures__/pattern-model.ts";
import { runThrough } from "../__fixtures__/run-through.ts";
import { schedulerFromJson } from "../load-scheduler.ts";
import type { Scheduler } from "../scheduler.ts";
import { DDIMScheduler } from "../schedulers/ddim-scheduler.ts";
import { DDPMScheduler } from "../schedulers/ddpm-scheduler.ts";
import { DPMSolverMultistepScheduler } from "../schedulers/dpm-solver-multistep-scheduler.ts";
import { EulerDiscreteScheduler } from "../schedulers/euler-discrete-scheduler.ts";
import { UniPCMultistepScheduler } from "../schedulers/unipc-multistep-scheduler.ts";

function load(className: string, entries: string): Scheduler {
  return schedulerFromJson(parsePythonJson(`{"_class_name": "${className}", ${entries}}`, "file"), "file");
}

describe("a file that says true and false in other words", () => {
  it.each([
    ["DDPMScheduler", '"thresholding": null', { thresholding: false }],
    ["DDPMScheduler", '"clip_sample": null', { clipSample: false }],
    ["DDIMScheduler", '"clip_sample": 1', { clipSample: true }],
    ["DDIMScheduler", '"set_alpha_to_one": 0', { setAlphaToOne: false }],
    ["EulerDiscreteScheduler", '"use_karras_sigmas": null', { useKarrasSigmas: false }],
    ["EulerDiscreteScheduler", '"rescale_betas_zero_snr": 0.0', { rescaleBetasZeroSnr: false }],
    ["DPMSolverMultistepScheduler", '"lower_order_final": 1.0', { lowerOrderFinal: true }],
    ["CMStochasticIterativeScheduler", '"clip_denoised": null', { clipDenoised: false }],
  ])("is taken by its truth, and saved as it was: %s %s", (className, entry, expected) => {
    const scheduler = load(className, entry);
    expect(scheduler.config).toMatchObject(expected);
    expect(formatConfig(scheduler.config)).toContain(entry);
    expect(scheduler.clone().config).toEqual(scheduler.config);
  });

  it("is refused where Python's truth is hardly what was meant", () => {
    for (const value of ['"false"', "2", "[]"]) {
      expect(() => load("DDPMScheduler", `"clip_sample": ${value}`)).toThrow(InvalidConfigError);
    }
    const options = { clipSample: 1 as unknown as boolean };
    expect(() => new DDIMScheduler(options)).toThrow(InvalidArgumentError);
  });
});

describe("limits of predictions", () => {
  it.each([
    ['"clip_sample": false, "clip_sample_range": null', { clipSampleRange: null }],
    ['"clip_sample_range": Infinity', { clipSampleRange: Number.POSITIVE_INFINITY }],
    ['"sample_max_value": null', { sampleMaxValue: null }],
    ['"dynamic_thresholding_ratio": null', { dynamicThresholdingRatio: null }],
    ['"thresholding": true, "sample_max_value": Infinity', { sampleMaxValue: Number.POSITIVE_INFINITY }],
  ])("may be infinite, and null where they are not needed: %s", (entries, expected) => {
    const scheduler = load("DDIMScheduler", entries);
    expect(scheduler.config).toMatchObject(expected);
    expect(formatConfig(scheduler.clone().config)).toBe(formatConfig(scheduler.config));
  });

  it("that are infinite leave predictions as they are", () => {
    const [unlimited, unclipped] = [
      load("DDIMScheduler", '"clip_sample_range": Infinity'),
      load("DDIMScheduler", '"clip_sample": false'),
    ].map((scheduler) => {
      scheduler.setTimesteps({ numInferenceSteps: 5 });
      return runThrough(scheduler, patternSample().mul(3)).at(-1)?.prevSample.data;
    });
    expect(unlimited).toEqual(unclipped);
  });

  it.each([
    ['"clip_sample_range": null', "file: clip_sample_range: found null with clip_sample true"],
    [
      '"thresholding": true, "sample_max_value": null',
      "file: sample_max_value: found null with thresholding true, expected a number. Set it, or thresholding to false.",
    ],
    ['"thresholding": 1, "dynamic_thresholding_ratio": null', "found null with thresholding true"],
  ])("are numbers where they are needed: %s", (entries, message) => {
    expect(() => load("DDPMScheduler", entries)).toThrow(InvalidConfigError);
    expect(() => load("DDPMScheduler", entries)).toThrow(message);
  });
});

describe("a DDPMScheduler", () => {
  it("takes the variance type of a DPM-Solver's file, null, for fixed_small, as diffusers does", () => {
    const solver = new DPMSolverMultistepScheduler({ betaEnd: 0.03 });
    const file = parsePythonJson(formatConfig(solver.config), "file");
    expect(DDPMScheduler.fromJson(file, "file").config).toMatchObject({
      varianceType: "fixed_small",
      betaEnd: 0.03,
    });

    const scheduler = load("DDPMScheduler", '"variance_type": null');
    expect(formatConfig(scheduler.config)).toContain('"variance_type": null');
    expect(scheduler.clone().config).toMatchObject({ varianceType: "fixed_small" });
    const output = patternModel(patternSample(), 0);
    const generator = { randn: () => patternSample(), rand: vi.fn(), randint: vi.fn() };
    const [sample, small] = [scheduler, new DDPMScheduler()].map(
      (each) => each.step(output, 500, patternSample(), { generator }).prevSample.data,
    );
    expect(sample).toEqual(small);
  });

  it("refuses betas of 0, whose last step is NaN in diffusers", () => {
    expect(() => load("DDPMScheduler", '"beta_start": 0')).toThrow(
      "file: beta_start: found 0, expected a number above 0 and below 1.",
    );
  });
});

describe("noise levels in the wrong order", () => {
  it.each([EulerDiscreteScheduler, UniPCMultistepScheduler])("are refused: %o", (schedulerClass) => {
    expect(() => new schedulerClass({ sigmaMin: 2, sigmaMax: 1 })).toThrow(
      "found sigma_min 2 above sigma_max 1, expected sigma_min at most sigma_max.",
    );
    expect(() => new schedulerClass({ sigmaMin: 1, sigmaMax: 1 })).not.toThrow();
  });

  it.each([EulerDiscreteScheduler, UniPCMultistepScheduler])(
    "are refused where one of the two comes from the betas, and the run stays as it was: %o",
    (schedulerClass) => {
      const scheduler: Scheduler = new schedulerClass({ sigmaMin: 1000, useKarrasSigmas: true });
      const { timesteps } = scheduler;
      const begin = () => scheduler.setTimesteps({ numInferenceSteps: 5 });
      expect(begin).toThrow(InvalidConfigError);
      expect(begin).toThrow("found sigma_min 1000 above sigma_max");
      expect(scheduler.timesteps).toBe(timesteps);
    },
  );
});
