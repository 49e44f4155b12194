// @ts-check
// Searches for the best two timesteps of a model, using your own score. Here: the distance of each image to the nearest
// of several known good images; for this model, those are the one-step images. For a paper, use FID.
//
//   node search-timesteps.mjs [good images of each class, 6 by default]

import { ConsistencyModelPipeline, searchTimesteps, TorchGenerator } from "onestep";

const [perClass = "6"] = process.argv.slice(2);

const pipe = await ConsistencyModelPipeline.fromPretrained();
const names = Object.keys(pipe.labels);

/**
 * One image per class, as lists of numbers.
 * @param {readonly number[]} timesteps
 * @param {number} seed
 */
async function makeImages(timesteps, seed) {
  const generator = names.map((_, index) => new TorchGenerator(1000 * seed + index));
  const { images } = await pipe.generate({ classLabels: names, timesteps, generator, outputType: "tensor" });
  return names.map((_, item) => images.slice(item, item + 1).data);
}

/** @param {Float32Array} left @param {Float32Array} right */
function distance(left, right) {
  return left.reduce((sum, value, index) => sum + Math.abs(value - (right[index] ?? 0)), 0) / left.length;
}

/** @type {Float32Array[][]} */
const good = [];
for (let seed = 1; seed <= Number(perClass); seed += 1) good.push(await makeImages([0], seed));

const { timesteps, evaluations } = await searchTimesteps({
  numTrainTimesteps: pipe.scheduler.length,
  async score(candidate) {
    const images = await makeImages(candidate, 0); // the same seed for all, so that scores are comparable
    const nearest = images.map((image, item) =>
      Math.min(...good.map((set) => distance(image, set[item] ?? image))),
    );
    return nearest.reduce((sum, value) => sum + value, 0) / nearest.length;
  },
  onProgress: ({ timesteps: tried, score }) => console.log(tried.join(", "), score.toFixed(4)),
});
await pipe.dispose();

console.log(`the best of ${evaluations.length}: ${timesteps.join(", ")}`);
