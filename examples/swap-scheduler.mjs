// @ts-check
// The same model with another scheduler: 18 steps of EDM's Euler method instead of one consistency step.
//
//   node swap-scheduler.mjs [file]

import { ConsistencyModelPipeline, EDMEulerScheduler } from "onestep";

const [file = "heart.png"] = process.argv.slice(2);

const pipe = await ConsistencyModelPipeline.fromPretrained();
console.log(`loaded with ${pipe.scheduler.constructor.name}`);

pipe.scheduler = EDMEulerScheduler.fromConfig(pipe.scheduler.config);
const { images } = await pipe.generate({ classLabels: "red heart", seed: 7, numInferenceSteps: 18 });
await images[0]?.save(file);
await pipe.dispose();

console.log(`${file}, with ${pipe.scheduler.constructor.name}`);
