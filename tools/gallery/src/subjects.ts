import { readFile } from "node:fs/promises";
import { RasterImage, Tensor } from "@onestep/core";

/** The emoji that are edited, with the class that the model knows them by. The first ten are shown. */
const classes: Readonly<Record<string, number>> = {
  "grinning-face": 0,
  "smiling-face-with-sunglasses": 0,
  "red-heart": 1,
  "tiger-face": 2,
  frog: 3,
  "red-apple": 4,
  hamburger: 5,
  rose: 6,
  "one-oclock": 7,
  rainbow: 9,
  "dog-face": 2,
  "cat-face": 2,
  panda: 2,
  banana: 4,
  strawberry: 4,
  pizza: 5,
  sunflower: 6,
  sun: 9,
};

/** How many of the emoji a picture shows. */
export const shownCount = 10;

/** The emoji as images, as one tensor [emoji, 3, 32, 32] in [0, 1], and their classes. */
export interface Subjects {
  readonly images: readonly RasterImage[];
  readonly pixels: Tensor<"float32">;
  readonly classLabels: readonly number[];
}

/** Reads the emoji. */
export async function readSubjects(): Promise<Subjects> {
  const names = Object.keys(classes);
  const images = await Promise.all(
    names.map(async (name) =>
      RasterImage.fromPng(await readFile(new URL(`../emoji/${name}.png`, import.meta.url))),
    ),
  );
  return {
    images,
    pixels: Tensor.concat(images.map((image) => image.toTensor())),
    classLabels: Object.values(classes),
  };
}
