// @ts-check
// Removes noise from an image in one step. The noise level has to be known.
//
//   node denoise-image.mjs [file]

import {
  ConsistencyModelDenoisingPipeline,
  ConsistencyModelPipeline,
  imagesFromTensor,
  RasterImage,
  TorchGenerator,
} from "onestep";

const [file = "denoised.png"] = process.argv.slice(2);

const pipe = await ConsistencyModelPipeline.fromPretrained();
const denoise = ConsistencyModelDenoisingPipeline.fromPipe(pipe);

const options = /** @type {const} */ ({ classLabels: "robot", outputType: "tensor" });
const { images: clean } = await pipe.generate({ ...options, seed: 3 });

const row = [];
for (const sigma of [0.2, 0.5, 1]) {
  // Pixels range from 0 to 1 here, but sigma is defined for -1 to 1, so halve it.
  const noise = new TorchGenerator(0).randn(clean.shape).mul(sigma / 2);
  const noisy = clean.add(noise);
  const { images } = await denoise.generate({ ...options, image: noisy, sigma });
  row.push(...imagesFromTensor(noisy.clamp(0, 1)), ...imagesFromTensor(images));
}

await RasterImage.grid([...imagesFromTensor(clean), ...row], { columns: 7, padding: 2 }).save(file);
await pipe.dispose();

console.log(file);
