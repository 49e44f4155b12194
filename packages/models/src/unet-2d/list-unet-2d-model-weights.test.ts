import type { PythonJson } from "@onestep/core";
import { elementCount } from "@onestep/core/internal";
import { describe, expect, it } from "vitest";
import published from "./__fixtures__/published-architectures.json" with { type: "json" };
import blocks from "./__fixtures__/unet-blocks.json" with { type: "json" };
import { listUNet2DModelWeights } from "./unet-2d-model.ts";
import { unet2DModelConfigSchema } from "./unet-2d-model-config.ts";

function countWeights(json: PythonJson): { readonly parameters: number; readonly tensors: number } {
  const weights = listUNet2DModelWeights(unet2DModelConfigSchema.fromJson(json, "config.json"));
  const sizes = weights.map(({ shape }) => elementCount(shape));
  return { parameters: sizes.reduce((sum, size) => sum + size, 0), tensors: weights.length };
}

describe("listUNet2DModelWeights", () => {
  // The counts are diffusers', for the configurations as they are published.
  const repositories = Object.values(published).flatMap(({ repositories: names, ...architecture }) =>
    names.map((name) => [name, architecture] as const),
  );
  it.each(repositories)("lists the weights of %s", (_name, { config, parameters, tensors }) => {
    expect(countWeights(config)).toEqual({ parameters, tensors });
  });

  it("knows the nine consistency models that OpenAI published", () => {
    expect(repositories.filter(([name]) => name.startsWith("openai/"))).toHaveLength(9);
  });

  it.each(Object.entries(blocks.cases))("lists what diffusers has with %s", (_name, golden) => {
    expect(countWeights(golden.config)).toEqual({ parameters: golden.params, tensors: golden.tensors });
  });

  it("names each weight once, and as diffusers does", () => {
    const { config } = blocks.cases["skip blocks with attention"];
    const weights = listUNet2DModelWeights(unet2DModelConfigSchema.fromJson(config, "config.json"));
    const names = weights.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(
      expect.arrayContaining([
        "time_proj.weight",
        "down_blocks.0.attentions.0.to_out.0.weight",
        "down_blocks.0.resnet_down.conv_shortcut.weight",
        "down_blocks.1.skip_conv.bias",
        "up_blocks.0.attentions.0.group_norm.weight",
        "up_blocks.0.resnet_up.time_emb_proj.weight",
        "up_blocks.1.skip_norm.bias",
      ]),
    );
  });
});
