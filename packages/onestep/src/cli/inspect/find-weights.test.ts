import { expect, it } from "vitest";
import { chooseWeights } from "./find-weights.ts";

const stem = "unet/diffusion_pytorch_model";

it.each([
  [[`${stem}.bin`, `${stem}.fp16.safetensors`, `${stem}.safetensors`], undefined, [`${stem}.safetensors`]],
  [[`${stem}.bin`, `${stem}.fp16.safetensors`], "fp16", [`${stem}.fp16.safetensors`]],
  [[`${stem}.bin`, `${stem}.fp16.safetensors`], undefined, [`${stem}.bin`]],
  [
    [`${stem}-00001-of-00002.safetensors`, `${stem}-00002-of-00002.safetensors`, `${stem}.bin`],
    undefined,
    [`${stem}-00001-of-00002.safetensors`, `${stem}-00002-of-00002.safetensors`],
  ],
  [["README.md", "vae/diffusion_pytorch_model.safetensors"], undefined, []],
])("of %j with variant %s chooses %j", (paths, variant, expected) => {
  expect(chooseWeights(paths, variant)).toEqual(expected);
});
