import { describe, expect, it } from "vitest";
import { chooseWeights, findWeights } from "./model-files.ts";

const stem = "unet/diffusion_pytorch_model";

describe("chooseWeights", () => {
  it.each([
    [[`${stem}.bin`, `${stem}.fp16.safetensors`, `${stem}.safetensors`], undefined, [`${stem}.safetensors`]],
    [[`${stem}.bin`, `${stem}.fp16.safetensors`], "fp16", [`${stem}.fp16.safetensors`]],
    [[`${stem}.bin`, `${stem}.fp16.safetensors`], undefined, [`${stem}.bin`]],
    [
      [`${stem}-00001-of-00002.safetensors`, `${stem}-00002-of-00002.safetensors`, `${stem}.bin`],
      undefined,
      [`${stem}-00001-of-00002.safetensors`, `${stem}-00002-of-00002.safetensors`],
    ],
    [
      [`${stem}.fp16-00001-of-00001.safetensors`, `${stem}-00001-of-00001.safetensors`],
      "fp16",
      [`${stem}.fp16-00001-of-00001.safetensors`],
    ],
    [
      [`${stem}-00001-of-00001.fp16.bin`, `${stem}-00001-of-00001.bin`],
      "fp16",
      [`${stem}-00001-of-00001.fp16.bin`],
    ],
    [
      [`${stem}.safetensors`, `${stem}.safetensors.index.json`, `${stem}-00001-of-00001.safetensors`],
      undefined,
      [`${stem}-00001-of-00001.safetensors`],
    ],
    [
      [
        `${stem}.fp16.safetensors`,
        `${stem}.safetensors.index.fp16.json`,
        `${stem}.fp16-00001-of-00001.safetensors`,
      ],
      "fp16",
      [`${stem}.fp16-00001-of-00001.safetensors`],
    ],
    [[`${stem}.bin`, `${stem}.bin.index.json`, `${stem}-00001-of-00001.bin`], undefined, [`${stem}.bin`]],
    [["README.md", "vae/diffusion_pytorch_model.safetensors"], undefined, []],
  ])("of %j with variant %s chooses %j", (paths, variant, expected) => {
    expect(chooseWeights(paths, "unet", variant)).toEqual(expected);
  });

  it("chooses at the root of a repository as well", () => {
    expect(chooseWeights(["diffusion_pytorch_model.bin", `${stem}.bin`], "", undefined)).toEqual([
      "diffusion_pytorch_model.bin",
    ]);
  });
});

describe("findWeights", () => {
  const plain = ["unet/diffusion_pytorch_model.safetensors"];
  const own = ["unet/diffusion_pytorch_model.fp16.safetensors"];
  const torch = ["unet/diffusion_pytorch_model.fp16.bin"];
  it.each([
    [[...plain, ...own], "fp16", own],
    [[...plain, ...own], undefined, plain],
    [[...plain, ...torch], "fp16", plain],
    [torch, "fp16", torch],
    [plain, "fp16", plain],
  ])("of %j with the variant %s", (paths, variant, expected) => {
    expect(findWeights(paths, "unet", variant)).toEqual(expected);
  });
});
