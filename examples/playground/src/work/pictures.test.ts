import { describe, expect, it } from "vitest";
import { averageBlocks, greyOf } from "./pictures.ts";

const frame = (width: number, height: number, rgba: readonly number[]) => ({
  width,
  height,
  rgba: Uint8ClampedArray.from(rgba),
});

describe("greyOf", () => {
  it("keeps the brightness, weighted as the model weights it", () => {
    const { rgba } = greyOf(frame(2, 1, [255, 0, 0, 255, 0, 255, 0, 255]));
    expect([...rgba]).toEqual([76, 76, 76, 255, 150, 150, 150, 255]);
  });
});

describe("averageBlocks", () => {
  it("averages blocks, and leaves out what does not fill one", () => {
    const pixels = Array.from({ length: 6 }, (_, index) => [10 * index, 0, 255, 255]).flat();
    const { width, height, rgba } = averageBlocks(frame(3, 2, pixels), 2);
    expect([width, height]).toEqual([1, 1]);
    // 0, 10, 30 and 40.
    expect([...rgba]).toEqual([20, 0, 255, 255]);
  });
});
