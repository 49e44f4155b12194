// @ts-check
// All ten kinds of emoji, three of each, in one grid. Each image has a generator of its own, so that any one of them
// can be made again alone, with its seed.
//
//   node emoji-grid.mjs [file]

import { ConsistencyModelPipeline, RasterImage, TorchGenerator } from "onestep";

const [file = "emoji.png"] = process.argv.slice(2);
const perKind = 3;

const pipe = await ConsistencyModelPipeline.fromPretrained();
const kinds = Array.from({ length: pipe.unet.config.numClassEmbeds ?? 1 }, (_, kind) => kind);

const { images } = await pipe.generate({
  classLabels: Array.from({ length: perKind }, () => kinds).flat(),
  generator: Array.from({ length: perKind * kinds.length }, (_, seed) => new TorchGenerator(seed)),
  timesteps: [26, 13, 0],
});
const grid = RasterImage.grid(images, { columns: kinds.length, padding: 4, background: [255, 255, 255] });
await grid.save(file);
await pipe.dispose();

console.log(`${file}: ${grid.width} x ${grid.height} pixels`);
