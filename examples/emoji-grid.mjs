// @ts-check
// All thirty emoji that the model knows, in one grid. Each image has its own generator, so you can recreate any of them
// on its own from its seed.
//
//   node emoji-grid.mjs [file]

import { ConsistencyModelPipeline, RasterImage, TorchGenerator } from "onestep";

const [file = "emoji.png"] = process.argv.slice(2);

const pipe = await ConsistencyModelPipeline.fromPretrained();
const names = Object.keys(pipe.labels);

const { images } = await pipe.generate({
  classLabels: names,
  generator: names.map((_, seed) => new TorchGenerator(seed)),
});
const grid = RasterImage.grid(images, { columns: 10, padding: 4, background: [255, 255, 255] });
await grid.save(file);
await pipe.dispose();

console.log(`${file}: ${names.length} emoji, ${grid.width} x ${grid.height} pixels`);
