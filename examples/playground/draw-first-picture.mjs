// @ts-check
// Writes the picture that is bundled with the page, using the bundled model: `npm run first-picture --workspace
// examples/playground`. It shows what the page generates with its default settings: seeds 40 to 69, one image per
// class, in one step.
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { ConsistencyModelPipeline, RasterImage, TorchGenerator } from "onestep";

const count = 30;
const pipe = await ConsistencyModelPipeline.fromPretrained();
const { images } = await pipe.generate({
  classLabels: Array.from({ length: count }, (_, index) => index),
  generator: Array.from({ length: count }, (_, index) => new TorchGenerator(40 + index)),
});
await pipe.dispose();
const file = fileURLToPath(new URL("src/first/first-picture.png", import.meta.url));
await mkdir(new URL("src/first/", import.meta.url), { recursive: true });
await RasterImage.grid(images, { columns: 6 }).save(file);
console.log(file);
