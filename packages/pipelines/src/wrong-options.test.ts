import { InvalidArgumentError } from "@onestep/core";
import { UNet2DModel } from "@onestep/models";
import { describe, expect, it } from "vitest";
import * as pipelines from "./index.ts";

const { pipelineClasses, promptPipelineClasses, DiffusionPipeline, AutoPipelineForText2Image } = pipelines;
const editing = Object.values(pipelines).filter(
  (value): value is typeof pipelines.ConsistencyModelImg2ImgPipeline =>
    typeof value === "function" && value.prototype instanceof pipelines.ConsistencyModelEditingPipelineBase,
);
const classes = [...pipelineClasses, ...promptPipelineClasses, ...editing].map((pipelineClass) => ({
  name: pipelineClass.name,
  pipelineClass: pipelineClass as unknown as typeof pipelines.DDPMPipeline,
}));

/** Calls `generate` without a pipeline: options are judged before anything else. */
async function generate(pipelineClass: typeof pipelines.DDPMPipeline, options: object): Promise<unknown> {
  return pipelineClass.prototype.generate.call(Object.create(pipelineClass.prototype), options);
}

describe("options that do not exist", () => {
  it("are all pipelines", () => {
    expect(classes).toHaveLength(19);
  });

  it.each(classes)("are refused by generate of $name", async ({ pipelineClass }) => {
    const error = await generate(pipelineClass, { num_inference_step: 4 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(String(error)).toContain("generate has no option `num_inference_step`.");
  });

  it.each([
    ["DDIMPipeline", { num_inference_steps: 4 }, "Did you mean `numInferenceSteps`?"],
    ["ConsistencyModelPipeline", { classLabel: 4 }, "Did you mean `classLabels`?"],
    ["ConsistencyModelPipeline", { prompt: "a fox" }, "Use one of numInferenceSteps, "],
    [
      "LatentConsistencyModelPipeline",
      { prompt: "a fox", negative_prompt: "x" },
      "no option `negative_prompt`",
    ],
    ["StableDiffusionPipeline", { prompt: "a fox", classLabels: 4 }, "no option `classLabels`"],
  ])("generate of %s suggests what was meant by %j", async (name, options, message) => {
    const found = classes.find((one) => one.name === name);
    if (found === undefined) throw new Error(name);
    await expect(generate(found.pipelineClass, options)).rejects.toThrow(message);
  });

  it.each([
    ...classes.map(({ pipelineClass }) => pipelineClass),
    DiffusionPipeline,
    AutoPipelineForText2Image,
  ])("are refused by fromPretrained before anything is opened (%#)", async (loader) => {
    const load = loader.fromPretrained("/no such/place", { torch_dtype: "float16" } as object);
    await expect(load).rejects.toThrow(InvalidArgumentError);
    await expect(
      loader.fromPretrained("/no such/place", { torch_dtype: "float16" } as object),
    ).rejects.toThrow("has no option `torch_dtype`. Did you mean `dtype`?");
  });

  it.each([pipelines.ConsistencyModelPipeline, UNet2DModel])(
    "are refused by fromSingleFile before anything is opened (%#)",
    async (loader) => {
      const load = loader.fromSingleFile("/no such/cd_imagenet64_l2.pt", { sample_size: 64 } as object);
      await expect(load).rejects.toThrow("has no option `sample_size`. Did you mean `sampleSize`?");
    },
  );

  it.each(classes)("$name cannot be made without components", ({ pipelineClass }) => {
    expect(() => new pipelineClass(undefined as never)).toThrow(InvalidArgumentError);
    expect(() => new pipelineClass({} as never)).toThrow(InvalidArgumentError);
  });

  it("are refused by pushToHub and fromSingleFile before anything is opened", async () => {
    const pipe = Object.create(pipelines.ConsistencyModelPipeline.prototype);
    await expect(pipe.pushToHub("me/a", { max_shard_size: "1GB" })).rejects.toThrow(
      "ConsistencyModelPipeline.pushToHub has no option `max_shard_size`. Did you mean `maxShardSize`?",
    );
    const load = pipelines.ConsistencyModelPipeline.fromSingleFile("/no such/cd_imagenet64_l2.pt", {
      sample_size: 64,
    } as object);
    await expect(load).rejects.toThrow(
      "ConsistencyModelPipeline.fromSingleFile has no option `sample_size`. Did you mean `sampleSize`?",
    );
  });
});

describe("values that options can be judged by alone", () => {
  it.each([
    ["device", "gpu"],
    ["dtype", "fp16"],
    ["threads", 0],
    ["optimizeFor", "speed"],
  ])("%s %j is refused before anything is opened", async (option, value) => {
    const wrong = { [option]: value } as object;
    for (const loader of [DiffusionPipeline, AutoPipelineForText2Image, pipelines.ConsistencyModelPipeline]) {
      const error = await loader.fromPretrained("/no such/place", wrong).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(InvalidArgumentError);
      expect(String(error)).toContain(`${option}: `);
    }
  });
});
