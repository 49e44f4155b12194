// @ts-check
// A DDPM (google/ddpm-cifar10-32, or a folder), in 50 DDIM steps instead of its usual 1000.
//
//   node ddpm.mjs [model] [file] [steps]

import { DDIMScheduler, DDPMPipeline } from "onestep";

const [model = "google/ddpm-cifar10-32", file = "ddpm.png", steps = "50"] = process.argv.slice(2);

const pipe = await DDPMPipeline.fromPretrained(model);
pipe.scheduler = DDIMScheduler.fromConfig(pipe.scheduler.config);
const { images } = await pipe.generate({ seed: 0, numInferenceSteps: Number(steps) });
await images[0]?.save(file);
await pipe.dispose();

console.log(`${file}, in ${steps} steps`);
