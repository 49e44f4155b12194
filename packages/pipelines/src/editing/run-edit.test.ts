import { Tensor, TorchGenerator } from "@onestep/core";
import { CMStochasticIterativeScheduler, EDMEulerScheduler } from "@onestep/schedulers";
import { describe, expect, it } from "vitest";
import type { DenoisingRun, NoisePredictor } from "../sampling/denoise.ts";
import goldens from "./__fixtures__/editing.json" with { type: "json" };
import { formulaUnet } from "./__fixtures__/formula-unet.ts";
import {
  averageBlocks,
  type KnownContent,
  knownAverages,
  knownLuminance,
  knownPixels,
} from "./known-content.ts";
import { runEdit } from "./run-edit.ts";

const shape = goldens.shape;
const size = 2 * 3 * 32 * 32;

/** The images that are edited, from 0 to 1. */
const images = Tensor.from(
  Array.from({ length: size }, (_, index) => (Math.tanh(-2 + (4 * index) / (size - 1)) + 1) / 2),
  shape,
);

/** In the first image a square is free, in the second the left half. */
const mask = Tensor.from(
  Array.from({ length: 2 * 32 * 32 }, (_, index) => {
    const [item, row, column] = [Math.floor(index / 1024), Math.floor(index / 32) % 32, index % 32];
    if (item === 1) return column < 16 ? 1 : 0;
    return row >= 8 && row < 24 && column >= 8 && column < 24 ? 1 : 0;
  }),
  [2, 1, 32, 32],
);

function begin(): DenoisingRun {
  const scheduler = new CMStochasticIterativeScheduler();
  scheduler.setTimesteps({ timesteps: goldens.timesteps });
  const generator = new TorchGenerator(0);
  const sample = generator.randn(shape).mul(scheduler.initNoiseSigma);
  const predict: NoisePredictor = async (noisy, timestep) =>
    (await formulaUnet.forward({ sample: noisy, timestep })).sample;
  return { predict, scheduler, generator, sample };
}

const sum = (values: Float32Array): number => values.reduce((total, value) => total + value, 0);

describe("runEdit", () => {
  // Elements agree to 1e-5 where values reach 1.5: float32 operations in another order. Of super-resolution the sum is 0
  // but for rounding.
  it.each<[name: "colorization" | "superres" | "inpainting", known: KnownContent]>([
    ["colorization", knownLuminance(images)],
    ["superres", knownAverages(averageBlocks(images, 8), 8)],
    ["inpainting", knownPixels(images, mask)],
  ])("makes of images what iterative_%s of OpenAI makes", async (name, known) => {
    const edited = await runEdit(begin(), {}, known);
    const { x } = goldens[name];
    expect(edited.shape).toEqual(shape);
    for (const [index, value] of x.first4.entries()) {
      expect(Math.abs((edited.data[index] ?? 0) - value)).toBeLessThan(1e-5);
    }
    for (const [index, value] of x.last4.entries()) {
      expect(Math.abs((edited.data[size - 4 + index] ?? 0) - value)).toBeLessThan(1e-5);
    }
    const total = sum(edited.data);
    expect(Math.abs(total - x.sum)).toBeLessThan(name === "superres" ? 1e-3 : 1e-4 * Math.abs(x.sum));
    expect(Math.abs(sum(edited.data.map(Math.abs)) - x.abs)).toBeLessThan(1e-4 * x.abs);
  });

  it("leaves no noise on the result, as sampling does", async () => {
    const plain = await runEdit(begin(), {});
    const again = await runEdit(begin(), {}, { replace: (denoised) => denoised, finish: (pixels) => pixels });
    expect(again.data).toEqual(plain.data);
    expect(plain.data.every((value) => Math.abs(value) <= 1)).toBe(true);
  });

  it("refuses a scheduler whose steps cannot be edited", () => {
    const scheduler = new EDMEulerScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 2 });
    expect(() => runEdit({ ...begin(), scheduler }, {})).toThrow(
      "scheduler: found EDMEulerScheduler, expected CMStochasticIterativeScheduler",
    );
  });
});
