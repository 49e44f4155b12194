// @ts-check
// The building blocks without the pipeline: a scheduler, a UNet, and the denoising loop. Start here to write your own
// sampler.
//
//   node denoising-loop.mjs [folder of a model] [file]

import { fileURLToPath } from "node:url";
import { CMStochasticIterativeScheduler, imagesFromTensor, TorchGenerator, UNet2DModel } from "onestep";

const shipped = fileURLToPath(new URL(".", import.meta.resolve("@onestep/emoji32/model_index.json")));
const [model = shipped, file = "rocket.png"] = process.argv.slice(2);

const scheduler = await CMStochasticIterativeScheduler.fromPretrained(model, { subfolder: "scheduler" });
const unet = await UNet2DModel.fromPretrained(model, { subfolder: "unet" });

const generator = new TorchGenerator(3);
scheduler.setTimesteps({ timesteps: [32, 0] });

let sample = generator.randn([1, 3, 32, 32]).mul(scheduler.initNoiseSigma);
for (const timestep of scheduler.timesteps) {
  const input = scheduler.scaleModelInput(sample, timestep);
  const { sample: modelOutput } = await unet.forward({ sample: input, timestep, classLabels: [29] });
  sample = scheduler.step(modelOutput, timestep, sample, { generator }).prevSample;
}

const [image] = imagesFromTensor(sample.div(2).add(0.5).clamp(0, 1));
await image?.save(file);
await unet.dispose();

console.log(file);
