import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ImageError, InvalidArgumentError } from "../errors.ts";
import { TorchGenerator } from "../random/torch-generator.ts";
import { Tensor } from "../tensor/tensor.ts";
import reference from "./__fixtures__/resized-images.json" with { type: "json" };
import { resizeTensor } from "./resize-tensor.ts";

describe("resizeTensor", () => {
  it("resamples as torch does with its antialiased bicubic filter", () => {
    const generator = new TorchGenerator(reference.seed);
    for (const { shape, size, output } of reference.cases) {
      const [height = 0, width = 0] = size;
      const resized = resizeTensor(generator.rand(shape), { height, width });
      expect(resized.shape).toEqual([1, 2, height, width]);
      // The reference is computed in float64; here one direction is rounded to float32 before the other.
      output.forEach((value, index) => {
        expect(Math.abs((resized.data[index] as number) - value)).toBeLessThan(1e-6);
      });
    }
  });

  it("leaves an image of the size alone, and a plain one plain", () => {
    const side = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(side, side, side, side, fc.float({ min: 0, max: 1, noNaN: true }), (a, b, c, d, value) => {
        const image = new TorchGenerator(0).rand([1, 1, a, b]);
        expect(resizeTensor(image, { height: a, width: b }).data).toEqual(image.data);
        const plain = resizeTensor(Tensor.from(new Array(a * b).fill(value), [1, 1, a, b]), {
          height: c,
          width: d,
        });
        for (const result of plain.data) expect(Math.abs(result - value)).toBeLessThan(1e-6);
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    [Tensor.zeros([3, 4, 4]), "float32 [3, 4, 4]"],
    [Tensor.zeros([1, 3, 0, 4]), "float32 [1, 3, 0, 4]"],
    [Tensor.zeros([1, 3, 4, 4], "float64") as unknown as Tensor<"float32">, "float64 [1, 3, 4, 4]"],
  ])("refuses what is no image", (tensor, found) => {
    expect(() => resizeTensor(tensor, { height: 1, width: 1 })).toThrow(ImageError);
    expect(() => resizeTensor(tensor, { height: 1, width: 1 })).toThrow(`resizeTensor: found ${found}`);
  });

  it.each([0, 1.5, Number.NaN, -1])("refuses the size %d", (size) => {
    const image = Tensor.zeros([1, 1, 2, 2]);
    expect(() => resizeTensor(image, { height: size, width: 1 })).toThrow(InvalidArgumentError);
    expect(() => resizeTensor(image, { height: 1, width: size })).toThrow(
      `resizeTensor: width: found ${size}, expected a whole number of at least 1.`,
    );
  });
});
