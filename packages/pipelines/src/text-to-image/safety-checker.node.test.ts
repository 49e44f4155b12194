import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OnestepError, type Tensor } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { changedRepository, withFields } from "./__fixtures__/changed-repository.ts";
import { textFile } from "./__fixtures__/golden-call.ts";
import { failure, fox, load, open, quick, sd15, warnings } from "./__fixtures__/small-pipelines.ts";
import type { SafetyChecker } from "./components.ts";
import { StableDiffusionImg2ImgPipeline, StableDiffusionPipeline } from "./stable-diffusion-pipeline.ts";

const legacy = textFile("sd15-legacy-bin-tiny/");
const options = { prompt: fox, seed: 0, ...quick } as const;

const ofChecker = (): string[] => warnings.filter((message) => message.includes("safety checker"));

/** A checker of one's own. */
function checker(flags: readonly boolean[]): SafetyChecker & { readonly seen: Tensor<"float32">[] } {
  const seen: Tensor<"float32">[] = [];
  return {
    config: {},
    seen,
    savePretrained: async () => undefined,
    check: async (images) => {
      seen.push(images);
      return flags;
    },
  };
}

describe("the safety checker of a repository", () => {
  it("is not run by default, which one sentence says", async () => {
    const pipe = await open(StableDiffusionPipeline.fromPretrained(legacy, load));
    expect(ofChecker()).toEqual([expect.stringContaining("`safetyChecker: true`")]);
    const { images, nsfwContentDetected } = await pipe.generate(options);
    expect(nsfwContentDetected).toBeNull();
    expect(images.data.some((value) => value > 0)).toBe(true);
  });

  it.each([null, false])("is left out without a message for %s", async (safetyChecker) => {
    await open(StableDiffusionPipeline.fromPretrained(legacy, { ...load, safetyChecker }));
    expect(ofChecker()).toEqual([]);
  });

  it("runs where it is asked for, is shared, and makes images black", async () => {
    const pipe = await open(StableDiffusionPipeline.fromPretrained(legacy, { ...load, safetyChecker: true }));
    expect(ofChecker()).toEqual([]);
    const { images, nsfwContentDetected } = await pipe.generate(options);
    // This one, whose weights are noise, finds something in each image.
    expect(nsfwContentDetected).toEqual([true]);
    expect(images.data.every((value) => value === 0)).toBe(true);
    expect(warnings.filter((message) => message.includes("they are black"))).toHaveLength(1);
    const latents = await pipe.generate({ ...options, outputType: "latent" });
    expect(latents.nsfwContentDetected).toBeNull();
    const image = images.add(0.4);
    const edit = { prompt: fox, image, strength: 0.6, numInferenceSteps: 2, seed: 0 };
    const second = StableDiffusionImg2ImgPipeline.fromPipe(pipe);
    expect((await second.generate(edit)).nsfwContentDetected).toEqual([true]);
  });

  it.each<[string, Parameters<typeof changedRepository>[1]]>([
    ["no folder", { "safety_checker/config.json": undefined, "safety_checker/pytorch_model.bin": undefined }],
    ["no weights", { "safety_checker/pytorch_model.bin": undefined }],
    ["no entry", { "model_index.json": withFields({ safety_checker: [null, null] }) }],
    ["another class", { "model_index.json": withFields({ safety_checker: ["x", "OtherChecker"] }) }],
  ])("with %s: an error if it is asked for, and otherwise the same image", async (_what, changes) => {
    const folder = await changedRepository("sd15-legacy-bin-tiny", changes);
    const error = await failure(
      StableDiffusionPipeline.fromPretrained(folder, { ...load, safetyChecker: true }),
    );
    expect(error).toBeInstanceOf(OnestepError);
    expect(error.message).toContain("safety_checker");
    const pipe = await open(StableDiffusionPipeline.fromPretrained(folder, load));
    const plain = await open(StableDiffusionPipeline.fromPretrained(legacy, load));
    expect((await pipe.generate(options)).images.data).toEqual((await plain.generate(options)).images.data);
  });

  it("is not saved, and the saved index says so, as Python needs an extractor beside it", async () => {
    const pipe = await open(StableDiffusionPipeline.fromPretrained(legacy, { ...load, safetyChecker: true }));
    const folder = await mkdtemp(join(tmpdir(), "onestep-safety-"));
    await pipe.savePretrained(folder);
    const index = JSON.parse(await readFile(join(folder, "model_index.json"), "utf8"));
    const names = await readdir(folder);
    await rm(folder, { recursive: true });
    expect(index.safety_checker).toEqual([null, null]);
    expect(names).not.toContain("safety_checker");
    expect(names).toContain("unet");
  });
});

describe("a checker of one's own", () => {
  it("gets the images from 0 to 1, and decides for each", async () => {
    const own = checker([false, true]);
    const pipe = StableDiffusionPipeline.fromPipe(await sd15, { safetyChecker: own });
    const { images, nsfwContentDetected } = await pipe.generate({ ...options, numImagesPerPrompt: 2 });
    expect(nsfwContentDetected).toEqual([false, true]);
    expect(own.seen.map(({ shape }) => shape)).toEqual([[2, 3, 64, 64]]);
    const half = images.size / 2;
    expect(images.data.subarray(0, half).some((value) => value > 0)).toBe(true);
    expect(images.data.subarray(half).every((value) => value === 0)).toBe(true);
    const pictures = await pipe.generate({ ...options, numImagesPerPrompt: 2, outputType: "image" });
    expect(pictures.images[1]?.data.every((value) => value === 0)).toBe(true);
  });

  it("without a method check is refused", async () => {
    const wrong = { config: {}, savePretrained: async () => undefined } as unknown as SafetyChecker;
    const pipe = await sd15;
    expect(() => StableDiffusionPipeline.fromPipe(pipe, { safetyChecker: wrong })).toThrow(/safetyChecker/);
  });
});
