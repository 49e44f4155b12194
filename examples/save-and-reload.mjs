// @ts-check
// Saves a pipeline with another scheduler to a folder and loads it again. The folder has the diffusers layout, so it
// can also be loaded in Python: ConsistencyModelPipeline.from_pretrained(folder).
//
//   node save-and-reload.mjs [folder]

import { CMStochasticIterativeScheduler, ConsistencyModelPipeline } from "onestep";

const [folder = "my-emoji"] = process.argv.slice(2);

const pipe = await ConsistencyModelPipeline.fromPretrained();
pipe.scheduler = CMStochasticIterativeScheduler.fromConfig(pipe.scheduler.config, { sigmaMax: 60 });
const before = await pipe.generate({ classLabels: "red apple", seed: 5, outputType: "tensor" });
await pipe.savePretrained(folder);
await pipe.dispose();

const reloaded = await ConsistencyModelPipeline.fromPretrained(folder);
const after = await reloaded.generate({ classLabels: "red apple", seed: 5, outputType: "tensor" });
await reloaded.dispose();

const isSame = before.images.data.every((value, index) => value === after.images.data[index]);
console.log(`${folder}: ${isSame ? "the same image" : "another image"} after reloading`);
