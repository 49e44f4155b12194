// @ts-check
// Looks for the best two steps of a model. The score is how far images of two steps are from images of many steps, as an
// energy distance over shrunken images: real, cheap, and no network of its own. For a paper, take FID.
//
//   node search-timesteps.mjs [images of each class, 4 by default]

import { ConsistencyModelPipeline, resizeTensor, searchTimesteps } from "onestep";

const [perClass = "4"] = process.argv.slice(2);
const classLabels = Array.from({ length: 10 * Number(perClass) }, (_, index) => index % 10);

const pipe = await ConsistencyModelPipeline.fromPretrained();

/**
 * The shrunken images of a schedule, one list of numbers each.
 * @param {readonly number[]} timesteps
 * @param {number} seed
 */
async function makeFeatures(timesteps, seed) {
  const { images } = await pipe.generate({ classLabels, timesteps, seed, outputType: "tensor" });
  const small = resizeTensor(images, { width: 8, height: 8 });
  return classLabels.map((_, item) => small.slice(item, item + 1).data);
}

/**
 * The mean distance between the images of two sets.
 * @param {readonly Float32Array[]} left
 * @param {readonly Float32Array[]} right
 */
function meanDistance(left, right) {
  const distances = left.flatMap((one) =>
    right.map((other) => Math.hypot(...one.map((value, index) => value - (other[index] ?? 0)))),
  );
  return distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
}

const reference = await makeFeatures([36, 32, 28, 24, 20, 16, 12, 8, 4, 0], 1);
const { timesteps, evaluations } = await searchTimesteps({
  numTrainTimesteps: pipe.scheduler.length,
  async score(candidate) {
    const features = await makeFeatures(candidate, 0); // the same seed for all, so that scores compare
    return 2 * meanDistance(features, reference) - meanDistance(features, features);
  },
  onProgress: ({ timesteps: tried, score }) => console.log(tried.join(", "), score.toFixed(4)),
});
await pipe.dispose();

console.log(`the best of ${evaluations.length}: ${timesteps.join(", ")}`);
