// @ts-check
// Colorizes a grey image. The brightness of every pixel is kept.
//
//   node colorize-image.mjs [file]

import { ConsistencyModelColorizationPipeline, ConsistencyModelPipeline, RasterImage } from "onestep";

const [file = "colorized.png"] = process.argv.slice(2);

const pipe = await ConsistencyModelPipeline.fromPretrained();
const { images } = await pipe.generate({ classLabels: "butterfly", seed: 2 });
const { width, height, data } = /** @type {RasterImage} */ (images[0]);

// One channel, like an old photo.
const grey = new RasterImage({
  width,
  height,
  channels: 1,
  data: Uint8Array.from({ length: width * height }, (_, pixel) => {
    const [red = 0, green = 0, blue = 0] = data.subarray(3 * pixel);
    return Math.round(0.2989 * red + 0.587 * green + 0.114 * blue);
  }),
});

const colorize = ConsistencyModelColorizationPipeline.fromPipe(pipe);
const result = await colorize.generate({ image: grey, classLabels: "butterfly", batchSize: 4, seed: 0 });

await RasterImage.grid([grey, ...result.images], { columns: 5, padding: 2 }).save(file);
await pipe.dispose();

console.log(file);
