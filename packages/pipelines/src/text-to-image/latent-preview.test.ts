import { Tensor } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { estimateLatentImages } from "./latent-preview.ts";

describe("estimateLatentImages", () => {
  const latents = Tensor.from([1, 0, 0, 0, 0, 0, 0, 0], [1, 4, 1, 2]);

  it("gives the published colours of latents: 1 and 0, in each channel", () => {
    const [sd] = estimateLatentImages({ className: "StableDiffusionPipeline" }, latents);
    // (0.298 + 1) / 2 of 255, and so on; nothing is grey.
    expect([...(sd?.data ?? [])]).toEqual([165, 154, 154, 128, 128, 128]);
    const [xl] = estimateLatentImages({ className: "StableDiffusionXLImg2ImgPipeline" }, latents);
    expect([...(xl?.data ?? [])]).toEqual([210, 200, 190, 150, 140, 130]);
  });

  it("gives no pictures of latents of 16 channels", () => {
    expect(
      estimateLatentImages({ className: "StableDiffusionPipeline" }, Tensor.zeros([1, 16, 1, 1])),
    ).toEqual([]);
  });
});
