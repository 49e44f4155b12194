import { describe, expect, it } from "vitest";
import type { Edit, Frame } from "../engine/messages.ts";
import { defaultSettings, type Settings } from "../settings/settings.ts";
import { formatEditProgram } from "./format-edit-program.ts";
import { formatPython, formatTypeScript } from "./format-programs.ts";

const image: Frame = { width: 1, height: 1, rgba: new Uint8ClampedArray(4) };
const one: Settings = { ...defaultSettings, classLabel: 1, seed: 7, count: 1 };
const options = { classLabels: [1], id2label: { "0": "crane", "1": "fox" }, localName: undefined, steps: 10 };

describe("the program of an edit", () => {
  it("repaints", () => {
    expect(formatEditProgram({ kind: "inpaint", image, mask: image }, one, options)).toBe(
      `import { ConsistencyModelInpaintPipeline, RasterImage } from "onestep";

const pipe = await ConsistencyModelInpaintPipeline.fromPretrained();
const image = await RasterImage.load("picture.png");
const mask = await RasterImage.load("mask.png");
const { images } = await pipe.generate({
  image,
  mask,
  classLabels: "fox",
  numInferenceSteps: 10,
  seed: 7,
});
await images[0].save("edited.png");`,
    );
  });

  it("blends seeds of a model of the Hub", () => {
    const settings = { ...one, model: { kind: "hub", id: "a/b", revision: undefined } as const };
    const edit: Edit = { kind: "interpolate", ends: { seeds: [7, 8] }, frames: 9 };
    expect(formatEditProgram(edit, settings, { ...options, classLabels: undefined })).toBe(
      `import { ConsistencyModelInterpolationPipeline } from "onestep";

const pipe = await ConsistencyModelInterpolationPipeline.fromPretrained("a/b");
const { images } = await pipe.generate({
  seeds: [7, 8],
  frames: 9,
});
for (const [index, edited] of images.entries()) await edited.save(index + ".png");`,
    );
  });
});

describe("the programs of a text", () => {
  const settings: Settings = {
    ...one,
    model: { kind: "hub", id: "a/b", revision: undefined },
    steps: 4,
    text: { prompt: 'a "fox"', negativePrompt: "blurry", guidanceScale: 7.5, width: 64, height: 32 },
  };

  it("make one image", () => {
    expect(formatTypeScript(settings, { ...options, classLabels: undefined })).toBe(
      `import { AutoPipelineForText2Image } from "onestep";

const pipe = await AutoPipelineForText2Image.fromPretrained("a/b");
const { images } = await pipe.generate({
  prompt: "a \\"fox\\"",
  negativePrompt: "blurry",
  guidanceScale: 7.5,
  numInferenceSteps: 4,
  width: 64,
  height: 32,
  seed: 7,
});
await images[0].save("image.png");`,
    );
    expect(formatPython(settings, { ...options, classLabels: undefined })).toContain(
      `    num_inference_steps=4,
    width=64,
    height=32,
    generator=torch.Generator("cpu").manual_seed(7),
).images`,
    );
  });
});
