import { Tensor } from "onestep";
import { describe, expect, it } from "vitest";
import { estimateFrames, latentColors } from "./latent-preview.ts";

describe("estimateFrames", () => {
  it("gives the published colours of latents: 1 and 0, in each channel", () => {
    const latents = Tensor.from([1, 0, 0, 0, 0, 0, 0, 0], [1, 4, 1, 2]);
    const [sd] = estimateFrames(latents, latentColors.stableDiffusion);
    // (0.298 + 1) / 2 of 255, and so on; nothing is grey.
    expect([...(sd?.rgba ?? [])]).toEqual([165, 154, 154, 255, 128, 128, 128, 255]);
    const [xl] = estimateFrames(latents, latentColors.stableDiffusionXL);
    expect([...(xl?.rgba ?? [])]).toEqual([210, 200, 190, 255, 150, 140, 130, 255]);
  });
});
