import { type PythonJson, TorchGenerator } from "@onestep/core";
import type { RepositoryLocation } from "@onestep/hub";
import { unet2DModelConfigSchema } from "@onestep/models";
import { findSchedulerClass } from "@onestep/schedulers";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { drawWeights } from "./__fixtures__/draw-weights.ts";
import { expectReference, type ReferenceOutput } from "./__fixtures__/expect-reference.ts";
import { pipelinePlace } from "./__fixtures__/pipeline-place.ts";
import golden from "./__fixtures__/pipelines.json" with { type: "json" };
import { DiffusionPipeline } from "./diffusion-pipeline.ts";
import { DDPMPipeline } from "./unconditional/ddpm-pipeline.ts";

interface Case {
  readonly pipeline: string;
  readonly scheduler: { readonly _class_name: string };
  readonly unet: PythonJson;
  readonly options: {
    readonly num_inference_steps?: number;
    readonly batch_size?: number;
    readonly seeds?: readonly number[];
    readonly eta?: number;
    readonly use_clipped_model_output?: boolean;
  };
  readonly output: ReferenceOutput;
}

const place = pipelinePlace();

/** Places what Python had in memory: a pipeline of that class with that scheduler and model. */
function placeCase({
  pipeline: className,
  scheduler,
  unet,
}: Pick<Case, "pipeline" | "scheduler" | "unet">): Promise<RepositoryLocation> {
  const config = unet2DModelConfigSchema.fromJson(unet, "config.json");
  return place({ className, scheduler, unet: config, fill: drawWeights() });
}

// Made by diffusers on PyTorch (tools/reference/make_pipeline_goldens.py); the tolerance is told in expect-reference.ts.
describe("a pipeline, with the seed of Python", () => {
  it.each(Object.entries<Case>(golden.pipelines))(
    "makes the images of diffusers: %s",
    async (_name, given) => {
      await using pipe = await DiffusionPipeline.fromPretrained(await placeCase(given), { threads: 1 });
      expect(pipe.className).toBe(given.pipeline);
      const { num_inference_steps, batch_size, seeds, eta, use_clipped_model_output } = given.options;
      const { images } = await pipe.generate({
        numInferenceSteps: num_inference_steps,
        batchSize: batch_size,
        outputType: "tensor",
        ...(seeds === undefined ? { seed: 0 } : { generator: seeds.map((seed) => new TorchGenerator(seed)) }),
        ...{ eta, useClippedModelOutput: use_clipped_model_output },
      });
      expectReference(images, given.output);
    },
  );
});

describe("DDPMPipeline with another scheduler", () => {
  let pipe: DDPMPipeline;

  beforeAll(async () => {
    const { unet, scheduler } = golden.swapped;
    const written = { _class_name: "DDPMScheduler", ...scheduler };
    const given = { pipeline: "DDPMPipeline", scheduler: written, unet };
    pipe = await DDPMPipeline.fromPretrained(await placeCase(given), { threads: 1 });
  });
  afterAll(() => pipe.dispose());

  it.each(Object.entries<ReferenceOutput>(golden.swaps))(
    "makes the image of the loop that diffusers documents: %s",
    async (name, output) => {
      const warning = vi.spyOn(console, "warn").mockImplementation(() => undefined);
      const original = pipe.scheduler;
      const scheduler = findSchedulerClass(name)?.fromConfig(original.config);
      expect(scheduler).toBeDefined();
      pipe.scheduler = scheduler ?? original;
      const numInferenceSteps = golden.swapped.steps;
      const { images } = await pipe.generate({ seed: 0, numInferenceSteps, outputType: "tensor" });
      pipe.scheduler = original;
      expectReference(images, output);
      expect(warning.mock.calls).toEqual([]);
    },
  );
});
