import { describe, expect, it } from "vitest";
import { defaultSettings } from "../settings/settings.ts";
import { formatPython, formatTypeScript } from "./format-programs.ts";

const one = { ...defaultSettings, timesteps: [17, 0] };
const hub = { kind: "hub", id: "a/b", revision: "v1" } as const;

describe("the program in TypeScript", () => {
  it("makes one image", () => {
    expect(formatTypeScript(one, { classLabels: [1], localName: undefined })).toBe(
      `import { ConsistencyModelPipeline } from "onestep";

const pipe = await ConsistencyModelPipeline.fromPretrained();
const { images } = await pipe.generate({
  classLabels: 1,
  timesteps: [17, 0],
  seed: 7,
});
await images[0].save("image.png");`,
    );
  });

  it("makes several, of a model of the Hub without classes", () => {
    const settings = { ...one, model: hub, timesteps: undefined, steps: 1, count: 2 };
    expect(formatTypeScript(settings, { classLabels: undefined, localName: undefined })).toBe(
      `import { ConsistencyModelPipeline, TorchGenerator } from "onestep";

const pipe = await ConsistencyModelPipeline.fromPretrained("a/b", { revision: "v1" });
const { images } = await pipe.generate({
  numInferenceSteps: 1,
  generator: [7, 8].map((seed) => new TorchGenerator(seed)),
});
for (const [index, image] of images.entries()) await image.save(index + ".png");`,
    );
  });

  it("reads a single file as one", () => {
    const settings = { ...one, model: { kind: "files" } as const };
    expect(formatTypeScript(settings, { classLabels: [1], localName: "cd.pt" })).toContain(
      'ConsistencyModelPipeline.fromSingleFile("cd.pt")',
    );
  });
});

describe("the program in Python", () => {
  it("makes the same image", () => {
    expect(formatPython(one, { classLabels: [1], localName: undefined })).toBe(
      `import torch
from diffusers import ConsistencyModelPipeline

pipe = ConsistencyModelPipeline.from_pretrained(
    "node_modules/@onestep/emoji32"
)
images = pipe(
    class_labels=1,
    timesteps=[17, 0],
    generator=torch.Generator("cpu").manual_seed(7),
).images
images[0].save("image.png")`,
    );
  });

  it("makes the same images", () => {
    const settings = { ...one, model: hub, count: 2 };
    const program = formatPython(settings, { classLabels: [1, 2], localName: undefined });
    expect(program).toContain('"a/b", revision="v1"');
    expect(program).toContain("batch_size=2,\n    class_labels=[1, 2],\n    timesteps=[17, 0],");
    expect(program).toContain('generator=[torch.Generator("cpu").manual_seed(seed) for seed in [7, 8]]');
  });

  it("says how a single file is converted", () => {
    const settings = { ...one, model: { kind: "files" } as const };
    expect(formatPython(settings, { classLabels: [1], localName: "cd.pt" })).toContain(
      '"converted"  # by diffusers\' scripts/convert_consistency_to_diffusers.py',
    );
  });
});
