import { describe, expect, it } from "vitest";
import { defaultSettings, type Settings } from "../settings/settings.ts";
import { formatPython, formatTypeScript } from "./format-programs.ts";

const one: Settings = { ...defaultSettings, classLabel: 1, timesteps: [32, 0], seed: 7, count: 1 };
const id2label = { "0": "crane", "1": "fox, Vulpes", "2": "crane" };
const named = { id2label, localName: undefined };
const hub = { kind: "hub", id: "a/b", revision: "v1" } as const;

describe("the program in TypeScript", () => {
  it("makes one image", () => {
    expect(formatTypeScript(one, { classLabels: [1], id2label, localName: undefined })).toBe(
      `import { ConsistencyModelPipeline } from "onestep";

const pipe = await ConsistencyModelPipeline.fromPretrained();
const { images } = await pipe.generate({
  classLabels: "fox",
  timesteps: [32, 0],
  seed: 7,
});
await images[0].save("image.png");`,
    );
  });

  it("makes several, of a model of the Hub without classes", () => {
    const settings = { ...one, model: hub, timesteps: undefined, steps: 1, count: 2 };
    expect(
      formatTypeScript(settings, { classLabels: undefined, id2label: undefined, localName: undefined }),
    ).toBe(
      `import { ConsistencyModelPipeline, TorchGenerator } from "onestep";

const pipe = await ConsistencyModelPipeline.fromPretrained("a/b", { revision: "v1" });
const { images } = await pipe.generate({
  numInferenceSteps: 1,
  generator: [7, 8].map((seed) => new TorchGenerator(seed)),
});
for (const [index, image] of images.entries()) await image.save(index + ".png");`,
    );
  });

  it("names each class by its name, or by its number where a name is of two classes", () => {
    const program = formatTypeScript({ ...one, count: 3 }, { ...named, classLabels: [0, 1, 2] });
    expect(program).toContain('classLabels: [0, "fox", 2],');
  });

  it("is short for many images", () => {
    const program = formatTypeScript({ ...one, count: 9 }, { ...named, classLabels: Array(9).fill(1) });
    expect(program).toContain('classLabels: Array(9).fill("fox"),');
    expect(program).toContain("Array.from({ length: 9 }, (_, index) => new TorchGenerator(7 + index))");
    const last = { ...one, seed: 4294967293, count: 5 };
    expect(formatTypeScript(last, { ...named, classLabels: undefined })).toContain(
      "[4294967293, 4294967294, 4294967295, 0, 1].map((seed) => new TorchGenerator(seed))",
    );
  });

  it("reads a single file as one", () => {
    const settings = { ...one, model: { kind: "files" } as const };
    expect(
      formatTypeScript(settings, { classLabels: [1], id2label: undefined, localName: "cd.pt" }),
    ).toContain('ConsistencyModelPipeline.fromSingleFile("cd.pt")');
  });
});

describe("the program in Python", () => {
  it("makes the same image", () => {
    expect(formatPython(one, { classLabels: [1], id2label: undefined, localName: undefined })).toBe(
      `import torch
from diffusers import ConsistencyModelPipeline

pipe = ConsistencyModelPipeline.from_pretrained(
    "node_modules/@onestep/emoji32"
)
images = pipe(
    class_labels=1,
    timesteps=[32, 0],
    generator=torch.Generator("cpu").manual_seed(7),
).images
images[0].save("image.png")`,
    );
  });

  it("makes the same images", () => {
    const settings = { ...one, model: hub, count: 2 };
    const program = formatPython(settings, {
      classLabels: [1, 2],
      id2label: undefined,
      localName: undefined,
    });
    expect(program).toContain('"a/b", revision="v1"');
    expect(program).toContain("batch_size=2,\n    class_labels=[1, 2],\n    timesteps=[32, 0],");
    expect(program).toContain('generator=[torch.Generator("cpu").manual_seed(seed) for seed in [7, 8]]');
  });

  it("has numbers for classes, and is short for many images", () => {
    const fields = (classLabels: readonly number[]) =>
      formatPython({ ...one, count: classLabels.length }, { ...named, classLabels });
    expect(fields([1, 1, 1, 1, 1])).toContain("class_labels=[1] * 5,");
    expect(fields([0, 1, 2, 3, 4])).toContain("class_labels=list(range(0, 5)),");
    expect(fields([0, 1, 2, 0, 1])).toContain("class_labels=[0, 1, 2, 0, 1],");
    expect(fields([0, 1, 2, 3, 4])).toContain("for seed in range(7, 12)]");
  });

  it("says how a single file is converted", () => {
    const settings = { ...one, model: { kind: "files" } as const };
    expect(formatPython(settings, { classLabels: [1], id2label: undefined, localName: "cd.pt" })).toContain(
      '"converted"  # by diffusers\' scripts/convert_consistency_to_diffusers.py',
    );
  });
});
