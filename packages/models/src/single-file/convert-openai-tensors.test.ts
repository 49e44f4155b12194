import { describe, expect, it, vi } from "vitest";
import { matchWeights } from "../checkpoint/match-weights.ts";
import { listUNet2DModelWeights } from "../unet-2d/unet-2d-model.ts";
import { imagenet64, lsun256, openaiArrays } from "./__fixtures__/openai-arrays.ts";
import { convertOpenaiTensors } from "./convert-openai-tensors.ts";
import { inferUNet2DModelConfig } from "./infer-unet-2d-model-config.ts";

const byConvolutions = {
  channels: [32, 64, 64],
  layers: 2,
  attentionLevels: [0, 2],
  classes: null,
  scaleShift: false,
  resamplesByBlocks: false,
};

describe("convertOpenaiTensors", () => {
  // Counts of reference implementations: 295,899,267 and 526,304,771 parameters in 629 and 630 arrays.
  it.each([
    ["the ImageNet network", imagenet64, 629, 295_899_267],
    ["the LSUN network", lsun256, 630, 526_304_771],
    ["one that resamples by convolutions", byConvolutions, undefined, undefined],
  ])("gives the model of %s every weight that it needs", (_what, network, arrays, parameters) => {
    const stored = openaiArrays(network);
    const config = inferUNet2DModelConfig("model.pt", stored, { sampleSize: 64, attentionHeadDim: 32 });
    const converted = convertOpenaiTensors("model.pt", stored, config);
    const weights = matchWeights("model.pt", listUNet2DModelWeights(config), converted);
    const bytes = [...weights.values()].reduce((total, { length }) => total + length, 0);
    expect(bytes).toBe([...stored.values()].reduce((total, { length }) => total + length, 0));
    if (arrays !== undefined) expect(weights.size).toBe(arrays);
    if (parameters !== undefined) expect(bytes / 4).toBe(parameters);
  });

  it("divides a fused array into views of its bytes", () => {
    const stored = openaiArrays(imagenet64);
    const config = inferUNet2DModelConfig("model.pt", stored);
    const converted = convertOpenaiTensors("model.pt", stored, config);
    for (const kind of ["weight", "bias"]) {
      const fused = stored.get(`middle_block.1.qkv.${kind}`);
      const length = (fused?.length ?? 0) / 3;
      ["to_q", "to_k", "to_v"].forEach((layer, index) => {
        expect(converted.get(`mid_block.attentions.0.${layer}.${kind}`)).toEqual({
          ...fused,
          shape: kind === "weight" ? [768, 768] : [768],
          offset: (fused?.offset ?? 0) + index * length,
          length,
        });
      });
    }
  });

  it("leaves arrays that it does not know, so that what matches them with the model names them", () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const stored = openaiArrays(imagenet64);
    const extra = stored.get("out.0.bias");
    if (extra !== undefined) stored.set("input_blocks.1.0.in_layers.9.weight", extra);
    const config = inferUNet2DModelConfig("model.pt", stored);
    const converted = convertOpenaiTensors("model.pt", stored, config);
    expect(converted.get("input_blocks.1.0.in_layers.9.weight")).toBe(extra);
    matchWeights("model.pt", listUNet2DModelWeights(config), converted);
    expect(warn.mock.calls.join()).toContain("input_blocks.1.0.in_layers.9.weight");
  });
});
