// How good the images of the model that ships are: for each image, the nearest of the training pictures.
//
//   npm run nearest --workspace tools/gallery -- <folder of emoji.npz and labels.json> [folder for pictures]

import { RasterImage as Image, type RasterImage, TorchGenerator } from "@onestep/core";
import { ConsistencyModelPipeline } from "@onestep/pipelines";
import { enlarge } from "./figures.ts";
import { readTrainingPictures, type TrainingPicture } from "./training-pictures.ts";

const seeds = 8;
const schedules: readonly (readonly number[])[] = [
  [0],
  ...[8, 12, 17, 22, 26, 29, 32, 35].map((timestep) => [timestep, 0]),
  [26, 13, 0],
  [32, 26, 0],
  [35, 31, 0],
];

/** The mean difference of two pictures, 0 to 1. */
function distance(left: Uint8Array, right: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < left.length; index += 1) {
    sum += Math.abs((left[index] ?? 0) - (right[index] ?? 0));
  }
  return sum / left.length / 255;
}

/** How much neighbours differ on average, 0 to 1: the more, the sharper. */
function sharpness({ data }: Pick<RasterImage, "data">): number {
  let sum = 0;
  for (let index = 0; index < data.length; index += 1) {
    const isLastColumn = index % 96 >= 93;
    sum += isLastColumn ? 0 : Math.abs((data[index] ?? 0) - (data[index + 3] ?? 0));
  }
  return sum / data.length / 255;
}

function findNearest(
  image: RasterImage,
  pictures: readonly TrainingPicture[],
): TrainingPicture & { readonly distance: number } {
  const distances = pictures.map((picture) => ({ ...picture, distance: distance(image.data, picture.data) }));
  return distances.reduce((nearest, picture) => (picture.distance < nearest.distance ? picture : nearest));
}

const [source, folder] = process.argv.slice(2);
if (source === undefined) {
  console.error("Name the folder of emoji.npz and labels.json.");
  process.exit(2);
}
await using pipe = await ConsistencyModelPipeline.fromPretrained();
const names = Object.entries(pipe.labels)
  .sort(([, left], [, right]) => left - right)
  .map(([name]) => name);
const pictures = await readTrainingPictures(source, new Set(names));
console.log(
  `${names.length} labels, ${seeds} seeds, ${pictures.length / 2} training pictures and their mirror images\n`,
);
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const sharpnessOfPictures = mean(pictures.map(sharpness));
console.log("| timesteps | nearest is of the label | mean difference to it | sharpness | misses |");
console.log("|---|---|---|---|---|");
for (const timesteps of schedules) {
  const images: RasterImage[] = [];
  for (let seed = 0; seed < seeds; seed += 1) {
    const generator = names.map(() => new TorchGenerator(seed));
    images.push(...(await pipe.generate({ classLabels: names, generator, timesteps })).images);
  }
  const misses: string[] = [];
  let sum = 0;
  for (const [index, image] of images.entries()) {
    const name = names[index % names.length] ?? "";
    sum += findNearest(
      image,
      pictures.filter(({ label }) => label === name),
    ).distance;
    const { label } = findNearest(image, pictures);
    if (label !== name)
      misses.push(`${name} (seed ${Math.floor(index / names.length)}) is nearest to ${label}`);
  }
  const right = images.length - misses.length;
  console.log(
    `| ${timesteps.join(", ")} | ${right} of ${images.length} | ${(sum / images.length).toFixed(4)} | ${(mean(images.map(sharpness)) / sharpnessOfPictures).toFixed(2)} | ${misses.join("; ") || "none"} |`,
  );
  if (folder !== undefined) {
    const grid = Image.grid(images, { columns: names.length });
    await enlarge(grid, 2).save(`${folder}/timesteps-${timesteps.join("-")}.png`);
  }
}
