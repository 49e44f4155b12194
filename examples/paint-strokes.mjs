// @ts-check
// Turns strokes into images: a red disc becomes an apple, a heart, a mushroom. A higher strength gives the model more
// freedom.
//
//   node paint-strokes.mjs [file]

import { ConsistencyModelImg2ImgPipeline, RasterImage } from "onestep";

const [file = "strokes.png"] = process.argv.slice(2);

const strokes = new RasterImage({
  width: 32,
  height: 32,
  channels: 3,
  data: Uint8Array.from({ length: 3 * 32 * 32 }, (_, index) => {
    const [column, row] = [Math.floor(index / 3) % 32, Math.floor(index / 96)];
    const isInside = Math.hypot(column - 15.5, row - 15.5) < 12;
    return (isInside ? [210, 40, 40] : [255, 255, 255])[index % 3] ?? 0;
  }),
});

const pipe = await ConsistencyModelImg2ImgPipeline.fromPretrained();
const images = [strokes];
for (const strength of [0.5, 0.7]) {
  const classLabels = ["red apple", "red heart", "strawberry", "mushroom"];
  const result = await pipe.generate({ image: strokes, strength, classLabels, seed: 0 });
  images.push(...result.images);
}

await RasterImage.grid(images, { columns: 9, padding: 2 }).save(file);
await pipe.dispose();

console.log(file);
