import { InvalidArgumentError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { checkVariant, isWeightsFileName, weightsFileName, weightsIndexName } from "./weights-file-names.ts";

describe("names of weights files", () => {
  it("are those of diffusers", () => {
    const shard = { number: 1, count: 12 };
    expect([
      weightsFileName(undefined),
      weightsFileName("fp16"),
      weightsFileName(undefined, shard),
      weightsFileName("fp16", shard),
      weightsIndexName(undefined),
      weightsIndexName("fp16"),
    ]).toEqual([
      "diffusion_pytorch_model.safetensors",
      "diffusion_pytorch_model.fp16.safetensors",
      "diffusion_pytorch_model-00001-of-00012.safetensors",
      "diffusion_pytorch_model.fp16-00001-of-00012.safetensors",
      "diffusion_pytorch_model.safetensors.index.json",
      "diffusion_pytorch_model.safetensors.index.fp16.json",
    ]);
  });

  const names = [
    "diffusion_pytorch_model.safetensors",
    "diffusion_pytorch_model-00001-of-00002.safetensors",
    "diffusion_pytorch_model.safetensors.index.json",
    "diffusion_pytorch_model.fp16.safetensors",
    "diffusion_pytorch_model.fp16-00001-of-00002.safetensors",
    "diffusion_pytorch_model.safetensors.index.fp16.json",
  ];

  it.each([
    [undefined, names.slice(0, 3)],
    ["fp16", names.slice(3)],
  ])("of the variant %s are told from all others", (variant, own) => {
    const others = [
      "config.json",
      "diffusion_pytorch_model.bin",
      "diffusion_pytorch_model-00001-of-00002.bin",
      "diffusion_pytorch_model-1-of-2.safetensors",
      "diffusion_pytorch_model-000001-of-00002.safetensors",
      "my_diffusion_pytorch_model.safetensors",
      "diffusion_pytorch_model.safetensors.tmp",
      "notes-00001-of-00002.safetensors",
    ];
    expect([...names, ...others].filter((name) => isWeightsFileName(name, variant))).toEqual(own);
  });

  it.each([undefined, "fp16", "non_ema", "ema.fp16", "v-1"])("may have the variant %s", (variant) => {
    expect(() => checkVariant(variant)).not.toThrow();
  });

  it.each(["", "../x", "a/b", "a\\b", ".x", "-x", "a b", "a\0", "x".repeat(65), null, 3.5])(
    "may not have the variant %j",
    (variant) => {
      expect(() => checkVariant(variant as string)).toThrow(InvalidArgumentError);
      expect(() => checkVariant(variant as string)).toThrow(/^variant: found /);
    },
  );
});
