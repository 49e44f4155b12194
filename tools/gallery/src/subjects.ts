import { readFile } from "node:fs/promises";
import { RasterImage, Tensor } from "@onestep/core";

/** The emoji that are edited, by the names of their classes. */
const names: readonly string[] = [
  ...["grinning face", "dog face", "cat face", "fox", "panda", "penguin"],
  ...["butterfly", "lady beetle", "red apple", "hamburger", "pizza", "rocket"],
];

/** The emoji as images, as one tensor [emoji, 3, 32, 32] in [0, 1], and their classes. */
export interface Subjects {
  readonly images: readonly RasterImage[];
  readonly pixels: Tensor<"float32">;
  readonly classLabels: readonly string[];
}

/** Reads the emoji. */
export async function readSubjects(): Promise<Subjects> {
  const images = await Promise.all(
    names.map(async (name) => {
      const file = new URL(`../emoji/${name.replaceAll(" ", "-")}.png`, import.meta.url);
      return RasterImage.fromPng(await readFile(file));
    }),
  );
  return {
    images,
    pixels: Tensor.concat(images.map((image) => image.toTensor())),
    classLabels: names,
  };
}
