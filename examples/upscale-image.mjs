// @ts-check
// Upscales 8 x 8 pixels to 32 x 32. Shrinking each result gives back the input image.
//
//   node upscale-image.mjs [file]

import {
  ConsistencyModelPipeline,
  ConsistencyModelSuperResolutionPipeline,
  imagesFromTensor,
  RasterImage,
  resizeTensor,
} from "onestep";

const [file = "upscaled.png"] = process.argv.slice(2);

const pipe = await ConsistencyModelPipeline.fromPretrained();
const { images } = await pipe.generate({ classLabels: "dog face", seed: 3, outputType: "tensor" });
const shrunk = resizeTensor(images, { width: 8, height: 8 }).clamp(0, 1);
const [small] = /** @type {[RasterImage]} */ (imagesFromTensor(shrunk));

const upscale = ConsistencyModelSuperResolutionPipeline.fromPipe(pipe);
const result = await upscale.generate({ image: small, classLabels: "dog face", batchSize: 4, seed: 0 }); // a factor of 4

await RasterImage.grid(result.images, { columns: 4, padding: 2 }).save(file);
await pipe.dispose();

console.log(`${file}, from ${small.width} x ${small.height} pixels`);
