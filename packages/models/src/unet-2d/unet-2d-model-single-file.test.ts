import { TorchGenerator } from "@onestep/core";
import { expect, it } from "vitest";
import { cdTinyFile } from "../single-file/__fixtures__/cd-tiny-file.ts";
import reference from "../single-file/__fixtures__/cd-tiny-l2.json" with { type: "json" };
import { UNet2DModel } from "./unet-2d-model.ts";

const { unet_forward: expected } = reference;

it("a model from a single file predicts what OpenAI's code predicts from it", async () => {
  await using model = await UNet2DModel.fromSingleFile(cdTinyFile, { sampleSize: 16, attentionHeadDim: 16 });
  const sample = new TorchGenerator(0).randn([2, 3, 16, 16]);
  const { timesteps: timestep, class_labels: classLabels } = expected;
  const values = [...(await model.forward({ sample, timestep, classLabels })).sample.data];
  // Of OpenAI's own network, run by PyTorch; the sums are in another order.
  const scale = Math.max(...values.map(Math.abs));
  for (const [place, numbers] of [
    [0, expected.first],
    [values.length - expected.last.length, expected.last],
  ] as const) {
    numbers.forEach((value, index) => {
      expect(Math.abs((values[place + index] as number) - value) / scale).toBeLessThan(2e-5);
    });
  }
  const magnitude = values.reduce((total, value) => total + Math.abs(value), 0);
  expect(Math.abs(magnitude - expected.abs_sum) / expected.abs_sum).toBeLessThan(2e-5);
});
