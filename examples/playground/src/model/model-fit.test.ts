import { describe, expect, it } from "vitest";
import { findMisfit, weightFilesOf } from "./model-fit.ts";

const gigabyte = 1e9;

describe("findMisfit", () => {
  it("refuses what no WebAssembly memory holds, counting 16-bit weights twice", () => {
    const unet = { name: "unet", bytes: 2 * gigabyte, isHalf: false };
    const wasm = { isWasm: true, memoryGigabytes: undefined };
    expect(findMisfit("a/b", [unet], wasm)).toBeUndefined();
    expect(findMisfit("a/b", [{ ...unet, isHalf: true }], wasm)).toMatchObject({
      subject: "a/b",
      found: "4.0 GB of weights in unet",
    });
    expect(findMisfit("a/b", [{ ...unet, isHalf: true }], { ...wasm, isWasm: false })).toBeUndefined();
  });

  it("refuses what is larger than the memory of the device, where that is known", () => {
    const parts = ["unet", "vae", "text_encoder"].map((name) => ({
      name,
      bytes: 1.5 * gigabyte,
      isHalf: false,
    }));
    const limits = (memoryGigabytes: number | undefined) => ({ isWasm: false, memoryGigabytes });
    expect(findMisfit("a/b", parts, limits(4))?.expected).toContain("at most 4 GB");
    // Browsers say 8 for everything beyond, too.
    expect(findMisfit("a/b", [...parts, ...parts], limits(8))).toBeUndefined();
    expect(findMisfit("a/b", parts, limits(undefined))).toBeUndefined();
  });
});

describe("weightFilesOf", () => {
  const files = [
    "unet/config.json",
    "unet/diffusion_pytorch_model.bin",
    "unet/diffusion_pytorch_model.fp16.safetensors",
    "unet/diffusion_pytorch_model.safetensors",
    "unet/diffusion_pytorch_model.non_ema.safetensors",
    "text_encoder/model-00001-of-00002.safetensors",
    "text_encoder/model-00002-of-00002.safetensors",
    "text_encoder/pytorch_model.bin",
    "vae/diffusion_pytorch_model.fp16.bin",
  ];

  it("picks what a load picks: the variant, safetensors, all shards", () => {
    expect(weightFilesOf("unet", files, undefined)).toEqual(["unet/diffusion_pytorch_model.safetensors"]);
    expect(weightFilesOf("unet", files, "fp16")).toEqual(["unet/diffusion_pytorch_model.fp16.safetensors"]);
    expect(weightFilesOf("text_encoder", files, "fp16")).toHaveLength(2);
    expect(weightFilesOf("vae", files, "fp16")).toEqual(["vae/diffusion_pytorch_model.fp16.bin"]);
    expect(weightFilesOf("vae", files, undefined)).toEqual([]);
    expect(weightFilesOf("tokenizer", files, undefined)).toEqual([]);
  });
});
