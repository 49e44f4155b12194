// @ts-check
// Interpolates between two images: first between the noise of two seeds, then between two existing images.
//
//   node interpolate-images.mjs [file]

import { ConsistencyModelInterpolationPipeline, ConsistencyModelPipeline, RasterImage } from "onestep";

const [file = "way.png"] = process.argv.slice(2);

const pipe = await ConsistencyModelPipeline.fromPretrained();
const interpolate = ConsistencyModelInterpolationPipeline.fromPipe(pipe);

const seeds = await interpolate.generate({ seeds: [3, 5], frames: 8, classLabels: "fox" });

const ends = await pipe.generate({ classLabels: "butterfly", batchSize: 2, seed: 1 });
const images = await interpolate.generate({
  images: ends.images,
  frames: 8,
  classLabels: "butterfly",
  seed: 0,
});

await RasterImage.grid([...seeds.images, ...images.images], { columns: 8, padding: 2 }).save(file);
await pipe.dispose();

console.log(file);
