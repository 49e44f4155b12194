// @ts-check
// One image, in one step, from the small model that ships with onestep. No network needed.
//
//   node generate-image.mjs [file]

import { ConsistencyModelPipeline } from "onestep";

const [file = "fox.png"] = process.argv.slice(2);

const pipe = await ConsistencyModelPipeline.fromPretrained();
const { images } = await pipe.generate({ classLabels: "fox", seed: 0 });
await images[0]?.save(file);
await pipe.dispose();

console.log(file);
