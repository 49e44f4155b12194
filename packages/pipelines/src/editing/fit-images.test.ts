import { Tensor } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { fitImages } from "./fit-images.ts";

/** A row of pixels as wide as it is told, the left half black and the right half white. */
function halves(width: number, height: number): Tensor<"float32"> {
  return Tensor.from(
    Array.from({ length: width * height }, (_, index) => (index % width < width / 2 ? 0 : 1)),
    [1, 1, height, width],
  );
}

const rows = ({ data, shape }: Tensor<"float32">): number[][] =>
  Array.from({ length: shape[2] ?? 0 }, (_, row) =>
    Array.from(data.slice(row * (shape[3] ?? 0), (row + 1) * (shape[3] ?? 0)), (value) => Math.round(value)),
  );

describe("fitImages", () => {
  it.each(["default", "crop", "fill"] as const)("takes images of the size as they are: %s", (mode) => {
    const images = halves(4, 2);
    expect(fitImages(images, { height: 2, width: 4 }, mode)).toBe(images);
  });

  it("stretches", () => {
    expect(rows(fitImages(halves(8, 2), { height: 4, width: 4 }, "default"))).toEqual(
      new Array(4).fill([0, 0, 1, 1]),
    );
  });

  it("cuts off both sides of a wide image, and top and bottom of a tall one", () => {
    const wide = Tensor.from([0.5, 0, 1, 0.5, 0.5, 0, 1, 0.5], [1, 1, 2, 4]);
    expect(fitImages(wide, { height: 2, width: 2 }, "crop")).toEqual(Tensor.from([0, 1, 0, 1], [1, 1, 2, 2]));
    const tall = Tensor.from([0.5, 0.5, 0, 1, 1, 0, 0.5, 0.5], [1, 1, 4, 2]);
    expect(fitImages(tall, { height: 2, width: 2 }, "crop")).toEqual(Tensor.from([0, 1, 1, 0], [1, 1, 2, 2]));
  });

  it("repeats the outermost pixels around an image that is too wide, or too tall", () => {
    const wide = Tensor.from([0, 1, 0, 1, 1, 0, 1, 0], [1, 1, 2, 4]);
    expect(rows(fitImages(wide, { height: 4, width: 4 }, "fill"))).toEqual([
      [0, 1, 0, 1],
      [0, 1, 0, 1],
      [1, 0, 1, 0],
      [1, 0, 1, 0],
    ]);
    const tall = Tensor.from([0, 1, 1, 1, 0, 0], [1, 1, 3, 2]);
    expect(rows(fitImages(tall, { height: 3, width: 4 }, "fill"))).toEqual([
      [0, 0, 1, 1],
      [1, 1, 1, 1],
      [0, 0, 0, 0],
    ]);
  });

  it.each(["default", "crop", "fill"] as const)("stays within 0 to 1, whatever the sizes: %s", (mode) => {
    for (const [width, height] of [
      [1, 50],
      [50, 1],
      [7, 3],
      [3, 7],
      [1, 1],
    ] as const) {
      const fitted = fitImages(halves(width, height), { height: 5, width: 6 }, mode);
      expect(fitted.shape).toEqual([1, 1, 5, 6]);
      expect(fitted.data.every((value) => value >= 0 && value <= 1)).toBe(true);
    }
  });
});
