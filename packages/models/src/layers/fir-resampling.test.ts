import type { Tensor } from "@onestep/core";
import type { Value } from "@onestep/graph";
import { describe, expect, it } from "vitest";
import { imageOf, pixel, relativeDifference } from "./__fixtures__/reference-operations.ts";
import { runLayer, wave } from "./__fixtures__/run-layer.ts";
import { firDownsample2D, firUpsample2D, kDownsample2D, kUpsample2D } from "./resampling.ts";

type Image = Tensor<"float32">;
type PixelAt = (image: Image, batch: number, channel: number, row: number, column: number) => number;

const taps = [1, 3, 3, 1];
const x = wave([2, 3, 4, 6]);
const [batches = 0, channels = 0, height = 0, width = 0] = x.shape;

/** A pixel of the image mirrored at its edges. */
const mirrored: PixelAt = (image, batch, channel, row, column) => {
  const mirror = (index: number, length: number): number => {
    const positive = Math.abs(index);
    return positive < length ? positive : 2 * (length - 1) - positive;
  };
  return pixel(image, batch, channel, mirror(row, height), mirror(column, width));
};

/** The filter at each second pixel, between it and the next. */
function halved(at: PixelAt): Image {
  return imageOf([batches, channels, height / 2, width / 2], (batch, channel, row, column) => {
    const terms = taps.flatMap((down, i) =>
      taps.map((across, j) => down * across * at(x, batch, channel, 2 * row + i - 1, 2 * column + j - 1)),
    );
    return terms.reduce((sum, term) => sum + term, 0) / 64;
  });
}

/** The filter over the pixels with zeros between them. */
function doubled(at: PixelAt): Image {
  const spread: PixelAt = (image, batch, channel, row, column) =>
    row % 2 === 0 && column % 2 === 0 ? at(image, batch, channel, row / 2, column / 2) : 0;
  return imageOf([batches, channels, height * 2, width * 2], (batch, channel, row, column) => {
    const terms = taps.flatMap((down, i) =>
      taps.map((across, j) => down * across * spread(x, batch, channel, row + i - 2, column + j - 2)),
    );
    return terms.reduce((sum, term) => sum + term, 0) / 16;
  });
}

describe("resampling through the filter (1, 3, 3, 1)", () => {
  it.each<[string, (value: Value) => Value, () => Image]>([
    ["halves an image with zeros around it", firDownsample2D, () => halved(pixel)],
    ["doubles an image with zeros around it", firUpsample2D, () => doubled(pixel)],
    ["halves a mirrored image", kDownsample2D, () => halved(mirrored)],
    ["doubles a mirrored image", kUpsample2D, () => doubled(mirrored)],
  ])("%s", async (_what, layer, expected) => {
    const { output, weights } = await runLayer({ x }, (_scope, values) => layer(values.x));
    expect(weights.size).toBe(0);
    expect(relativeDifference(output, expected())).toBeLessThan(1e-6);
  });
});
