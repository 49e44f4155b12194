// @ts-check
// Completes an image: here the missing half of a penguin, four times.
//
//   node inpaint-image.mjs [file]

import { ConsistencyModelInpaintPipeline, ConsistencyModelPipeline, RasterImage } from "onestep";

const [file = "inpainted.png"] = process.argv.slice(2);

const pipe = await ConsistencyModelPipeline.fromPretrained();
const { images } = await pipe.generate({ classLabels: "penguin", seed: 3 });

// White (255) is repainted, black (0) is kept. To read a photo: `RasterImage.decode(await readFile("photo.jpg"))`.
const data = Uint8Array.from({ length: 32 * 32 }, (_, index) => (index % 32 < 16 ? 0 : 255));
const mask = new RasterImage({ width: 32, height: 32, channels: 1, data });

const inpaint = ConsistencyModelInpaintPipeline.fromPipe(pipe); // shares the model
const result = await inpaint.generate({ image: images, mask, classLabels: "penguin", batchSize: 4, seed: 0 });

await RasterImage.grid([...images, ...result.images], { columns: 5, padding: 2 }).save(file);
await pipe.dispose();

console.log(file);
