import { InvalidArgumentError } from "@onestep/core";
import { CMStochasticIterativeScheduler, DDIMScheduler, DDPMScheduler } from "@onestep/schedulers";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { savedCheckpoint } from "../__fixtures__/saved-checkpoint.ts";
import { DDIMPipeline } from "./ddim-pipeline.ts";

const checkpoint = savedCheckpoint("ddpm");
const short = { seed: 0, numInferenceSteps: 3, outputType: "tensor" } as const;
let pipe: DDIMPipeline;

beforeAll(async () => {
  pipe = await DDIMPipeline.fromPretrained(checkpoint, { threads: 1 });
});
afterAll(() => pipe.dispose());

describe("DDIMPipeline", () => {
  it("makes its scheduler a DDIMScheduler, with the config of the one that was there", () => {
    const scheduler = new DDPMScheduler({ clipSampleRange: 2, predictionType: "v_prediction" });
    const other = new DDIMPipeline({ unet: pipe.unet, scheduler });
    expect(pipe.scheduler).toBeInstanceOf(DDIMScheduler);
    expect(other.scheduler.config).toMatchObject({ clipSampleRange: 2, predictionType: "v_prediction" });
  });

  it("warns where that one was of another kind of model", () => {
    const warning = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    new DDIMPipeline({ unet: pipe.unet, scheduler: new CMStochasticIterativeScheduler() });
    expect(warning.mock.calls).toEqual([
      [expect.stringContaining("CMStochasticIterativeScheduler does not fit the model of this DDIMPipeline")],
    ]);
  });

  it("adds noise as `eta` says", async () => {
    const { images } = await pipe.generate(short);
    expect((await pipe.generate({ ...short, eta: 0 })).images).toEqual(images);
    expect((await pipe.generate({ ...short, eta: 1 })).images).not.toEqual(images);
  });

  it("leaves a scheduler that is assigned what it is, and `eta` out where it has none", async () => {
    const other = new DDIMPipeline(pipe.components);
    other.scheduler = DDPMScheduler.fromConfig(pipe.scheduler.config);
    const { images } = await other.generate({ ...short, eta: 1 });
    expect(images).toEqual((await other.generate(short)).images);
  });

  it.each([-0.1, 1.5, Number.NaN])("refuses an eta of %d before any work", async (eta) => {
    const forward = vi.spyOn(pipe.unet, "forward");
    const error = await pipe.generate({ eta }).catch((reason) => reason);
    expect(InvalidArgumentError.isInstance(error)).toBe(true);
    expect(error.message).toBe(
      `eta: found ${eta}, expected a number from 0 to 1. 0 adds no noise on the way (DDIM), 1 as much as DDPM does.`,
    );
    expect(forward).not.toHaveBeenCalled();
  });
});
