import { InvalidArgumentError, InvalidConfigError, UnsupportedError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { imagenet64, lsun256, openaiArrays } from "./__fixtures__/openai-arrays.ts";
import { inferUNet2DModelConfig } from "./infer-unet-2d-model-config.ts";

const shared = {
  downsampleType: "resnet",
  upsampleType: "resnet",
  attentionHeadDim: 64,
  inChannels: 3,
  outChannels: 3,
  timeEmbeddingDim: null,
};

function caught(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}

describe("inferUNet2DModelConfig", () => {
  // The expected values are those of scripts/convert_consistency_to_diffusers.py.
  it.each(["cd_imagenet64_l2.pt", "ct_imagenet64.pt", "edm_imagenet64_ema.pt", "renamed.pt"])(
    "knows the ImageNet network in %s",
    (path) => {
      expect(inferUNet2DModelConfig(path, openaiArrays(imagenet64))).toMatchObject({
        ...shared,
        sampleSize: 64,
        layersPerBlock: 3,
        numClassEmbeds: 1000,
        blockOutChannels: [192, 384, 576, 768],
        downBlockTypes: ["ResnetDownsampleBlock2D", "AttnDownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"],
        upBlockTypes: ["AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D", "ResnetUpsampleBlock2D"],
        resnetTimeScaleShift: "scale_shift",
        attnNormNumGroups: 32,
      });
    },
  );

  it.each(["cd_bedroom256_lpips.pt", "ct_cat256.pt", "folder/edm_bedroom256_ema.pt"])(
    "knows the LSUN network in %s",
    (path) => {
      expect(inferUNet2DModelConfig(path, openaiArrays(lsun256))).toMatchObject({
        ...shared,
        sampleSize: 256,
        layersPerBlock: 2,
        numClassEmbeds: null,
        blockOutChannels: [256, 256, 512, 512, 1024, 1024],
        downBlockTypes: [...Array(3).fill("ResnetDownsampleBlock2D"), ...Array(3).fill("AttnDownBlock2D")],
        upBlockTypes: [...Array(3).fill("AttnUpBlock2D"), ...Array(3).fill("ResnetUpsampleBlock2D")],
        resnetTimeScaleShift: "default",
        attnNormNumGroups: null,
      });
    },
  );

  it("reads a network that was not published, with what the arrays do not tell", () => {
    const arrays = openaiArrays({
      channels: [32, 64, 64],
      layers: 1,
      attentionLevels: [1],
      classes: 7,
      scaleShift: false,
      resamplesByBlocks: false,
    });
    expect(inferUNet2DModelConfig("mine.pt", arrays, { sampleSize: 32, attentionHeadDim: 16 })).toMatchObject(
      {
        sampleSize: 32,
        attentionHeadDim: 16,
        numClassEmbeds: 7,
        layersPerBlock: 1,
        downBlockTypes: ["DownBlock2D", "AttnDownBlock2D", "DownBlock2D"],
        upBlockTypes: ["UpBlock2D", "AttnUpBlock2D", "UpBlock2D"],
        downsampleType: "conv",
        upsampleType: "conv",
      },
    );
    const error = caught(() => inferUNet2DModelConfig("mine.pt", arrays, { sampleSize: 32 }));
    expect(InvalidArgumentError.isInstance(error)).toBe(true);
    expect(error.message).toContain("the options `sampleSize` and `attentionHeadDim`");
  });

  it("refuses a file whose name claims another network", () => {
    const error = caught(() => inferUNet2DModelConfig("cd_bedroom256_l2.pt", openaiArrays(imagenet64)));
    expect(InvalidConfigError.isInstance(error)).toBe(true);
    expect(error.message).toContain(
      "cd_bedroom256_l2.pt: found a network with 192, 384, 576, 768 channels, 3 layers each, and 1000 classes, expected the one of the lsun256 checkpoints",
    );
  });

  it("refuses a network of guided-diffusion, which fuses attention in another order", () => {
    const error = caught(() =>
      inferUNet2DModelConfig("64x64_diffusion.pt", openaiArrays({ ...imagenet64, outChannels: 6 })),
    );
    expect(UnsupportedError.isInstance(error)).toBe(true);
    expect(error.message).toContain(
      "a network that makes 6 channels from 3, as those of guided-diffusion do",
    );
  });

  it.each<[string, string, (arrays: ReturnType<typeof openaiArrays>) => void]>([
    ["arrays of something else", "no array input_blocks.0.0.weight", (arrays) => arrays.clear()],
    ["a missing block", "output blocks, of which", (arrays) => removeAll(arrays, "output_blocks.15.")],
    ["attention in some layers", "and not in all of", (arrays) => removeAll(arrays, "input_blocks.6.1.")],
    [
      "an array of another rank",
      "out.2.weight of the shape [1,1]",
      (arrays) => {
        const tensor = arrays.get("out.2.weight");
        if (tensor !== undefined) arrays.set("out.2.weight", { ...tensor, shape: [1, 1] });
      },
    ],
  ])("refuses %s", (_what, message, change) => {
    const arrays = openaiArrays(imagenet64);
    change(arrays);
    const error = caught(() => inferUNet2DModelConfig("model.pt", arrays));
    expect(InvalidConfigError.isInstance(error)).toBe(true);
    expect(error.message).toContain(message);
  });
});

function removeAll(arrays: Map<string, unknown>, start: string): void {
  for (const name of [...arrays.keys()]) if (name.startsWith(start)) arrays.delete(name);
}
