import { describe, expect, it } from "vitest";
import { expectConsistencyModelRows } from "./__fixtures__/expect-consistency-model-rows.ts";
import { expectReference } from "./__fixtures__/expect-reference.ts";
import reference from "./__fixtures__/reference-outputs.json" with { type: "json" };
import { savedCheckpoint } from "./__fixtures__/saved-checkpoint.ts";
import { DiffusionPipeline } from "./diffusion-pipeline.ts";
import { DDPMPipeline } from "./unconditional/ddpm-pipeline.ts";

describe("DiffusionPipeline.fromPretrained, of the layouts that Python writes", () => {
  it.each([
    ["safetensors", "cm-safetensors", {}],
    ["a file of torch, without classes, as the LSUN models", "cm-lsun-like", {}],
    ["a variant in float16", "cm-fp16-variant", { variant: "fp16" }],
    ["bfloat16", "cm-bf16", {}],
  ] as const)("makes PyTorch's images from %s", async (_what, name, options) => {
    await using pipe = await DiffusionPipeline.fromPretrained(savedCheckpoint(name), options);
    await expectConsistencyModelRows(pipe, reference[name]);
  });

  it("makes PyTorch's image with a DDPM", async () => {
    await using pipe = await DiffusionPipeline.fromPretrained(savedCheckpoint("ddpm"));
    expect(pipe).toBeInstanceOf(DDPMPipeline);
    const { images } = await pipe.generate({ seed: 0, numInferenceSteps: 5, outputType: "tensor" });
    expectReference(images, reference.ddpm.steps5);
  });
});
