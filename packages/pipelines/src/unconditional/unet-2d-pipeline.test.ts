import { TorchGenerator } from "@onestep/core";
import { parsePythonJson } from "@onestep/core/internal/files";
import { describe, expect, it } from "vitest";
import { pipelinePlace } from "../__fixtures__/pipeline-place.ts";
import { zeroPipeline } from "../__fixtures__/zero-pipeline.ts";
import { formatModelIndex, type ModelIndex, parseModelIndex } from "../component/model-index.ts";
import type { Id2Label } from "./class-names.ts";
import { ConsistencyModelPipeline } from "./consistency-model-pipeline.ts";
import { id2LabelEntries } from "./unet-2d-pipeline.ts";

const place = pipelinePlace();

// diffusers' issue 13643: there, such sizes fail, and labels come from the global generator.
it("makes images of the height and width of the config, and draws labels from the generator", async () => {
  const unet = { sampleSize: [8, 16] as const, numClassEmbeds: 5 };
  await using pipe = await ConsistencyModelPipeline.fromPretrained(await place(zeroPipeline(unet)));
  const generator = new TorchGenerator(3);
  const { images, classLabels } = await pipe.generate({ batchSize: 2, generator });
  expect(images.map(({ width, height }) => [width, height])).toEqual([
    [16, 8],
    [16, 8],
  ]);
  const same = new TorchGenerator(3);
  same.randn([2, 3, 8, 16]);
  expect(classLabels).toEqual(Array.from(same.randint(0, 5, [2]).data, Number));
});

describe("names of classes in model_index.json", () => {
  const named = (entries: string): ReturnType<typeof parseModelIndex> =>
    parseModelIndex(parsePythonJson(`{"_class_name": "X", ${entries}}`, "x"), "x");

  const write = (loaded: ModelIndex, id2label?: Id2Label): string => {
    const { className, components, entries } = loaded;
    const settings = id2label && id2LabelEntries(id2label, entries);
    return formatModelIndex({ className, components, loaded, settings });
  };

  it.each(["id2label", "_id2label"])("are kept under %s, also where others take their place", (key) => {
    const index = named(`"${key}": {"0": "fox"}`);
    expect(write(index)).toContain(`"${key}": {\n    "0": "fox"\n  }`);
    const text = write(index, { "0": "pizza" });
    expect(JSON.parse(text)).toMatchObject({ [key]: { "0": "pizza" } });
    expect(JSON.parse(write(index, {}))).not.toHaveProperty(key);
  });

  it("are written where diffusers passes over them", () => {
    const index = named('"unet": ["diffusers", "U"]');
    const text = write(index, { "0": "fox" });
    expect(JSON.parse(text)).toMatchObject({ _id2label: { "0": "fox" } });
  });
});
