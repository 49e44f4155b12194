import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ImageError } from "../errors.ts";
import { Tensor } from "../tensor/tensor.ts";
import { imageFromTensor, imagesFromTensor } from "./images-from-tensor.ts";
import { RasterImage } from "./raster-image.ts";

describe("imagesFromTensor", () => {
  it("turns planes into pixels, one image an item", () => {
    const tensor = Tensor.from([0, 1, 0.2, 0.4, 0.6, 0.8, 1, 0, 1, 0, 1, 0], [2, 3, 1, 2]);
    const [first, second] = imagesFromTensor(tensor);
    expect(first).toEqual(
      new RasterImage({ width: 2, height: 1, channels: 3, data: Uint8Array.of(0, 51, 153, 255, 102, 204) }),
    );
    expect([...(second?.data ?? [])]).toEqual([255, 255, 255, 0, 0, 0]);
    expect(imagesFromTensor(Tensor.zeros([0, 3, 2, 2]))).toEqual([]);
  });

  // numpy: (np.float32([...]) * 255).round(): halves go to the even number.
  it.each([
    [0.5 / 255, 0],
    [1.5 / 255, 2],
    [2.5 / 255, 2],
    [127.5 / 255, 128],
    [254.5 / 255, 254],
    [0.4999 / 255, 0],
    [0.5001 / 255, 1],
    [1, 255],
  ])("rounds %d to %d", (value, expected) => {
    const [image] = imagesFromTensor(Tensor.from([value], [1, 1, 1, 1]));
    expect(image?.mode).toBe("L");
    expect(image?.data[0]).toBe(expected);
  });

  it("has the modes that Pillow makes of the channels", () => {
    const modes = [1, 2, 3, 4].map(
      (channels) => imagesFromTensor(Tensor.zeros([1, channels, 1, 1]))[0]?.mode,
    );
    expect(modes).toEqual(["L", "LA", "RGB", "RGBA"]);
  });

  it("gives back every image that toTensor gives", () => {
    const channels = fc.constantFrom<1 | 2 | 3 | 4>(1, 2, 3, 4);
    const side = fc.integer({ min: 1, max: 8 });
    fc.assert(
      fc.property(channels, side, side, fc.infiniteStream(fc.nat(255)), (count, width, height, bytes) => {
        const data = Uint8Array.from([...bytes.take(width * height * count)]);
        const image = new RasterImage({ width, height, channels: count, data });
        expect(imagesFromTensor(image.toTensor())).toEqual([image]);
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    [
      Number.NaN,
      "image 1: found NaN in channel 2 at row 0, column 1, expected values from 0 to 1. The model's output is not a number",
    ],
    [1.5, "image 1: found 1.5 in channel 2 at row 0, column 1, expected values from 0 to 1. Scale and clamp"],
    [-0.25, "image 1: found -0.25"],
    [Infinity, "image 1: found Infinity"],
  ])("refuses %d", (value, message) => {
    const tensor = Tensor.zeros([2, 3, 1, 2]);
    tensor.data[11] = value;
    expect(() => imagesFromTensor(tensor)).toThrow(ImageError);
    expect(() => imagesFromTensor(tensor)).toThrow(message);
  });

  it.each([[[3, 2, 2]], [[1, 5, 2, 2]], [[1, 3, 0, 2]], [[]]])("refuses the shape %j", (shape) => {
    expect(() => imagesFromTensor(Tensor.zeros(shape))).toThrow(ImageError);
    expect(() => imagesFromTensor(Tensor.zeros(shape))).toThrow(
      `imagesFromTensor: found float32 [${shape.join(", ")}], expected float32 [batch, channels, height, width]`,
    );
  });

  it("refuses another element type", () => {
    const tensor = Tensor.zeros([1, 3, 2, 2], "float64") as unknown as Tensor<"float32">;
    expect(() => imagesFromTensor(tensor)).toThrow("imagesFromTensor: found float64 [1, 3, 2, 2]");
  });
});

describe("imageFromTensor", () => {
  const tensor = Tensor.from([0, 1, 0.2, 0.4], [2, 1, 1, 2]);

  it("makes one image of a batch", () => {
    expect(imageFromTensor(tensor, 1)).toEqual(imagesFromTensor(tensor)[1]);
  });

  it.each([-1, 2, 0.5])("refuses item %d of two", (item) => {
    expect(() => imageFromTensor(tensor, item)).toThrow(ImageError);
    expect(() => imageFromTensor(tensor, item)).toThrow(
      `imageFromTensor: found item ${item}, expected a whole number from 0 and below 2, the size of the batch.`,
    );
  });
});
