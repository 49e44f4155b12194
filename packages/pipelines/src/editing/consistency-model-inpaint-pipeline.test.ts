import { ImageError, RasterImage, Tensor } from "@onestep/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { savedCheckpoint } from "../__fixtures__/saved-checkpoint.ts";
import { testImage } from "./__fixtures__/test-image.ts";
import { ConsistencyModelInpaintPipeline } from "./consistency-model-inpaint-pipeline.ts";

const checkpoint = savedCheckpoint("cm-safetensors");
const common = { classLabels: 1, seed: 0, timesteps: [22, 0] };

let pipe: ConsistencyModelInpaintPipeline;

beforeAll(async () => {
  pipe = await ConsistencyModelInpaintPipeline.fromPretrained(checkpoint);
});
afterAll(() => pipe.dispose());

/** White where `isFree` says so. */
function maskOf(size: number, isFree: (column: number, row: number) => boolean): RasterImage {
  const data = Uint8Array.from({ length: size * size }, (_, index) =>
    isFree(index % size, Math.floor(index / size)) ? 255 : 0,
  );
  return new RasterImage({ width: size, height: size, channels: 1, data });
}

const isLeft = (column: number): boolean => column < 8;

describe("ConsistencyModelInpaintPipeline", () => {
  it("brings known pixels back byte for byte, and makes the others anew", async () => {
    const image = testImage(16, 16);
    const { images } = await pipe.generate({ ...common, image, mask: maskOf(16, isLeft) });
    const [result] = images as readonly [RasterImage];
    let changes = 0;
    result.data.forEach((value, index) => {
      const before = image.data[index];
      if (isLeft(Math.floor(index / 3) % 16)) changes += value === before ? 0 : 1;
      else expect(value).toBe(before);
    });
    expect(changes).toBeGreaterThan(300);
  });

  it("brings known numbers of a tensor back bit for bit", async () => {
    const data = Float32Array.from({ length: 768 }, (_, index) => Math.abs(Math.sin(index)));
    const image = new Tensor("float32", data, [1, 3, 16, 16]);
    const options = { ...common, image, mask: maskOf(16, isLeft), outputType: "tensor" } as const;
    const { images } = await pipe.generate(options);
    images.data.forEach((value, index) => {
      if (!isLeft(index % 16)) expect(value).toBe(data[index]);
    });
  });

  it("returns the image as it is where nothing is masked", async () => {
    const image = testImage(16, 16);
    const { images } = await pipe.generate({ ...common, image, mask: maskOf(16, () => false) });
    expect(images[0]?.data).toEqual(image.data);
  });

  it("takes a mask for each image, and a colour mask by its brightness", async () => {
    const image = testImage(16, 16);
    const masks = [maskOf(16, isLeft), maskOf(16, (column) => !isLeft(column))];
    const inColor = masks.map(
      ({ data }) =>
        new RasterImage({
          width: 16,
          height: 16,
          channels: 3,
          data: Uint8Array.from({ length: 768 }, (_, index) => data[Math.floor(index / 3)] ?? 0),
        }),
    );
    const { images } = await pipe.generate({ ...common, image, mask: masks });
    expect(images).toHaveLength(2);
    for (const [item, result] of images.entries()) {
      const kept = result.data.filter((_, index) => isLeft(Math.floor(index / 3) % 16) === (item === 1));
      const before = image.data.filter((_, index) => isLeft(Math.floor(index / 3) % 16) === (item === 1));
      expect(kept).toEqual(before);
    }
    const again = await pipe.generate({ ...common, image, mask: inColor });
    expect(again.images.map(({ data }) => data)).toEqual(images.map(({ data }) => data));
  });

  it("spreads a grey image over the channels", async () => {
    const image = testImage(16, 16, 1);
    const { images } = await pipe.generate({ ...common, image, mask: maskOf(16, () => false) });
    expect(images[0]?.data).toEqual(
      Uint8Array.from({ length: 768 }, (_, index) => image.data[Math.floor(index / 3)] ?? 0),
    );
  });

  it.each(["default", "crop", "fill"] as const)("resizes image and mask together: %s", async (resizeMode) => {
    const image = new RasterImage({
      width: 32,
      height: 32,
      channels: 3,
      data: new Uint8Array(3072).fill(200),
    });
    const mask = maskOf(32, (column) => column < 16);
    const { images } = await pipe.generate({ ...common, image, mask, resizeMode });
    const [result] = images as readonly [RasterImage];
    // Two columns beside the edge are soft: the filter reaches over four pixels of the large mask.
    const known = result.data.filter((_, index) => Math.floor(index / 3) % 16 >= 10);
    expect([...new Set(known)]).toEqual([200]);
  });

  it.each<[what: string, options: object, message: RegExp]>([
    [
      "a mask of another size",
      { mask: maskOf(8, isLeft) },
      /mask 0: found 8 x 8 pixels, expected 16 x 16, the size of its image/,
    ],
    [
      "a mask of two channels",
      { mask: Tensor.zeros([1, 2, 16, 16]) },
      /mask 0: found 2 channels, expected 1, or 3/,
    ],
    [
      "a mask beyond 1",
      { mask: Tensor.from(new Array<number>(256).fill(255), [1, 1, 16, 16]) },
      /mask: found 255 as element 0/,
    ],
    [
      "a mask of NaN",
      { mask: Tensor.from(new Array<number>(256).fill(Number.NaN), [1, 1, 16, 16]) },
      /mask: found NaN as element 0/,
    ],
    [
      "a pixel beyond 1",
      { image: Tensor.from(new Array<number>(768).fill(1.5), [1, 3, 16, 16]) },
      /image: found 1.5 as element 0 .* expected values from 0 to 1/,
    ],
  ])("refuses %s", async (_what, options, message) => {
    const generating = pipe.generate({
      ...common,
      image: testImage(16, 16),
      mask: maskOf(16, isLeft),
      ...options,
    });
    const error: unknown = await generating.catch((reason: unknown) => reason);
    expect(ImageError.isInstance(error), String(error)).toBe(true);
    expect(String(error)).toMatch(message);
  });

  it("refuses to work without a mask, and three masks for two images", async () => {
    const image = testImage(16, 16);
    const options = { ...common, image: [image, image] };
    const none = pipe.generate({ ...options, mask: undefined as unknown as RasterImage });
    await expect(none).rejects.toThrow("mask: found undefined, expected a RasterImage");
    const three = pipe.generate({ ...options, mask: new Array<RasterImage>(3).fill(maskOf(16, isLeft)) });
    await expect(three).rejects.toThrow("image: found 2 images for a batch of 3, expected 1 for all, or 3");
    const pad = pipe.generate({ ...options, mask: maskOf(16, isLeft), resizeMode: "pad" as "fill" });
    await expect(pad).rejects.toThrow('resizeMode: found "pad", expected "default", "crop" or "fill"');
  });
});
