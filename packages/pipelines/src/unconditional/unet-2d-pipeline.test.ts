import { TorchGenerator } from "@onestep/core";
import { expect, it } from "vitest";
import { pipelinePlace } from "../__fixtures__/pipeline-place.ts";
import { zeroPipeline } from "../__fixtures__/zero-pipeline.ts";
import { ConsistencyModelPipeline } from "../consistency-models/consistency-model-pipeline.ts";

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
