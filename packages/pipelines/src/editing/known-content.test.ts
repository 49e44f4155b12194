import { Tensor } from "@onestep/core";
import { elementCount } from "@onestep/core/internal";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toSample } from "./images.ts";
import {
  averageBlocks,
  fitSum,
  knownAverages,
  knownLuminance,
  knownPixels,
  luminanceWeights,
} from "./known-content.ts";

/** float32 in [0, 1] of a shape. */
function pixels(shape: readonly number[]): fc.Arbitrary<Tensor<"float32">> {
  const length = elementCount(shape);
  return fc
    .array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: length, maxLength: length })
    .map((values) => Tensor.from(values, shape));
}

const toPixels = (sample: Tensor<"float32">): Tensor<"float32"> => sample.div(2).add(0.5);

function luminances({ data, shape }: Tensor<"float32">): number[] {
  const area = (shape[2] ?? 0) * (shape[3] ?? 0);
  return Array.from({ length: (shape[0] ?? 0) * area }, (_, pixel) => {
    const start = 3 * area * Math.floor(pixel / area) + (pixel % area);
    return luminanceWeights.reduce((sum, weight, c) => sum + weight * (data[start + c * area] ?? 0), 0);
  });
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  const difference = Array.from(actual, (value, index) => Math.abs(value - (expected[index] ?? 0)));
  // Two roundings to float32 of numbers up to 2.
  expect(Math.max(...difference)).toBeLessThan(1e-6);
}

describe("knownLuminance", () => {
  const shape = [2, 3, 2, 3];
  const cases = fc.tuple(pixels(shape), pixels(shape));

  it("gives predictions the brightness of the images, and nothing else of them", () => {
    fc.assert(
      fc.property(cases, ([images, prediction]) => {
        const replaced = knownLuminance(images).replace(toSample(prediction));
        expectClose(luminances(toPixels(replaced)), luminances(images));
        const change = replaced.sub(toSample(prediction));
        // Orthogonal to brightness nothing has changed: the change is along the weights.
        const area = 6;
        for (let pixel = 0; pixel < area; pixel += 1) {
          const [red = 0, green = 0, blue = 0] = [0, 1, 2].map((c) => change.data[c * area + pixel] ?? 0);
          expect(Math.abs(red * 0.587 - green * 0.2989)).toBeLessThan(1e-6);
          expect(Math.abs(green * 0.114 - blue * 0.587)).toBeLessThan(1e-6);
        }
      }),
    );
  });

  it("keeps the brightness within the range of pixels", () => {
    fc.assert(
      fc.property(cases, ([images, prediction]) => {
        const known = knownLuminance(images);
        const finished = known.finish(toPixels(known.replace(toSample(prediction))));
        expect(finished.data.every((value) => value >= 0 && value <= 1)).toBe(true);
        expectClose(luminances(finished), luminances(images));
      }),
    );
  });
});

describe("knownAverages", () => {
  const cases = fc.integer({ min: 1, max: 4 }).chain((factor) => {
    const small = [2, 3, 2, 1];
    const large = [2, 3, 2 * factor, factor];
    return fc.tuple(fc.constant(factor), pixels(small), pixels(large));
  });

  it("keeps the averages of blocks within the range of pixels, and the detail where that allows it", () => {
    fc.assert(
      fc.property(cases, ([factor, small, prediction]) => {
        const known = knownAverages(small, factor);
        const replaced = known.replace(toSample(prediction));
        expectClose(averageBlocks(toPixels(replaced), factor).data, small.data);
        const finished = known.finish(toPixels(replaced));
        expect(finished.data.every((value) => value >= 0 && value <= 1)).toBe(true);
        expectClose(averageBlocks(finished, factor).data, small.data);
        const again = known.replace(replaced);
        expectClose(again.data, replaced.data);
      }),
    );
  });

  it("averages rows and columns of a block", () => {
    const image = Tensor.from([0, 1, 0.5, 0.5, 1, 0, 0.5, 0.5], [1, 1, 2, 4]);
    expect(averageBlocks(image, 2)).toEqual(Tensor.from([0.5, 0.5], [1, 1, 1, 2]));
  });
});

describe("knownPixels", () => {
  const shape = [2, 3, 2, 2];
  const cases = fc.tuple(pixels(shape), pixels(shape), pixels([2, 1, 2, 2]));

  it("brings pixels back bit for bit where the mask is 0, leaves the prediction where it is 1, mixes between", () => {
    fc.assert(
      fc.property(cases, ([images, prediction, soft]) => {
        const mask = new Tensor(
          "float32",
          soft.data.map((value) => (value < 0.3 ? 0 : value > 0.7 ? 1 : value)),
          soft.shape,
        );
        const known = knownPixels(images, mask);
        const replaced = known.replace(toSample(prediction));
        const finished = known.finish(toPixels(replaced));
        finished.data.forEach((value, index) => {
          const share = mask.data[4 * Math.floor(index / 12) + (index % 4)] ?? 0;
          const [before = 0, free = 0] = [images.data[index], prediction.data[index]];
          if (share === 0) expect(value).toBe(before);
          else expect(Math.abs(value - (before * (1 - share) + free * share))).toBeLessThan(1e-6);
        });
      }),
    );
  });
});

describe("fitSum", () => {
  const weigh = (values: readonly number[], weights: readonly number[]): number =>
    values.reduce((sum, value, index) => sum + value * (weights[index] ?? 0), 0);

  it("moves any values into 0 to 1, with the sum that is asked for", () => {
    const value = fc.double({ min: -3, max: 3, noNaN: true });
    const weight = fc.double({ min: 0.05, max: 1, noNaN: true });
    const pairs = fc.array(fc.tuple(value, weight), { minLength: 1, maxLength: 20 });
    const cases = fc.tuple(pairs, fc.double({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(cases, ([entries, share]) => {
        const values = [...entries.map(([number]) => number), 1.5];
        const weights = [...entries.map(([, number]) => number), 0.5];
        const target = share * weigh(new Array<number>(weights.length).fill(1), weights);
        const fitted = fitSum(values, weights, target);
        expect(fitted.every((number) => number >= 0 && number <= 1)).toBe(true);
        expect(Math.abs(weigh(fitted, weights) - target)).toBeLessThan(1e-8);
      }),
    );
  });

  it("leaves values that are within range", () => {
    const values = [0, 0.25, 1];
    expect(fitSum(values, [1, 1, 1], 1.25)).toBe(values);
  });
});
