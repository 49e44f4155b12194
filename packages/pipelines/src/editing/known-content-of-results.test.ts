import { RasterImage, Tensor, TorchGenerator } from "@onestep/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { savedCheckpoint } from "../__fixtures__/saved-checkpoint.ts";
import { ConsistencyModelPipeline } from "../unconditional/consistency-model-pipeline.ts";
import { testImage } from "./__fixtures__/test-image.ts";
import { ConsistencyModelColorizationPipeline } from "./consistency-model-colorization-pipeline.ts";
import { ConsistencyModelSuperResolutionPipeline } from "./consistency-model-super-resolution-pipeline.ts";
import { averageBlocks, luminanceWeights } from "./known-content.ts";

const checkpoint = savedCheckpoint("cm-safetensors");
const common = { classLabels: 1, seed: 0, timesteps: [30, 20, 10, 0] };

let pipe: ConsistencyModelPipeline;

beforeAll(async () => {
  pipe = await ConsistencyModelPipeline.fromPretrained(checkpoint);
});
afterAll(() => pipe.dispose());

function luminance({ data }: RasterImage): number[] {
  return Array.from({ length: data.length / 3 }, (_, pixel) =>
    luminanceWeights.reduce((sum, weight, channel) => sum + weight * (data[3 * pixel + channel] ?? 0), 0),
  );
}

describe("ConsistencyModelColorizationPipeline", () => {
  it("keeps the brightness of every pixel, black and white ones too", async () => {
    const image = testImage(16, 16, 1);
    image.data.set([0, 255, 1, 254]);
    const { images } = await ConsistencyModelColorizationPipeline.fromPipe(pipe).generate({
      ...common,
      image,
    });
    const [result] = images as readonly [RasterImage];
    const [total = 0] = [luminanceWeights.reduce((sum, weight) => sum + weight, 0)];
    // Rounding moves each channel by half a step at most, and the weights add up to 0.9999.
    luminance(result).forEach((value, pixel) => {
      expect(Math.abs(value - total * (image.data[pixel] ?? 0))).toBeLessThanOrEqual(0.5);
    });
    expect([...result.data.slice(0, 6)]).toEqual([0, 0, 0, 255, 255, 255]);
  });

  it("takes the brightness of a colour image", async () => {
    const colorize = ConsistencyModelColorizationPipeline.fromPipe(pipe);
    const image = testImage(16, 16);
    const { images } = await colorize.generate({ ...common, image });
    const before = luminance(image);
    luminance(images[0] as RasterImage).forEach((value, pixel) => {
      expect(Math.abs(value - (before[pixel] ?? 0))).toBeLessThanOrEqual(0.5);
    });
  });
});

describe("ConsistencyModelSuperResolutionPipeline", () => {
  it.each([1, 2, 4, 8, 16])("keeps the averages of blocks, at factor %i", async (factor) => {
    const size = 16 / factor;
    const image = testImage(size, size);
    const upscale = ConsistencyModelSuperResolutionPipeline.fromPipe(pipe);
    const { images } = await upscale.generate({ ...common, image, outputType: "tensor" });
    expect(images.shape).toEqual([1, 3, 16, 16]);
    const averages = averageBlocks(images, factor);
    averages.data.forEach((value, index) => {
      expect(Math.abs(value - (image.toTensor().data[index] ?? 0))).toBeLessThan(1e-6);
    });
  });

  it("resizes images of other sizes where a factor is given", async () => {
    const upscale = ConsistencyModelSuperResolutionPipeline.fromPipe(pipe);
    const image = new RasterImage({
      width: 40,
      height: 20,
      channels: 3,
      data: new Uint8Array(2400).fill(51),
    });
    const { images } = await upscale.generate({
      ...common,
      image,
      factor: 4,
      resizeMode: "crop",
      outputType: "tensor",
    });
    expect(averageBlocks(images, 4).data.every((value) => Math.abs(value - 0.2) < 1e-6)).toBe(true);
  });

  it.each<[what: string, options: object, message: string]>([
    [
      "a factor that does not divide",
      { factor: 3 },
      "factor: found 3, expected a whole number that divides the 16 x 16 pixels",
    ],
    ["a factor of a half", { factor: 0.5 }, "factor: found 0.5"],
    ["a factor of 0", { factor: 0 }, "factor: found 0"],
    ["a factor beyond the image", { factor: 32 }, "factor: found 32"],
    [
      "an image whose size does not divide",
      { image: testImage(5, 5) },
      "image: found 5 x 5 pixels, expected 16 x 16, the size of the model's images, divided by a whole number",
    ],
    ["an image that is not square", { image: testImage(4, 8) }, "image: found 4 x 8 pixels"],
    ["an image that is too large", { image: testImage(32, 32) }, "image: found 32 x 32 pixels"],
    [
      "images of two sizes",
      { image: [testImage(4, 4), testImage(8, 8)] },
      "image: found images for factors 4 and 2",
    ],
  ])("refuses %s", async (_what, options, message) => {
    const upscale = ConsistencyModelSuperResolutionPipeline.fromPipe(pipe);
    await expect(upscale.generate({ ...common, image: testImage(4, 4), ...options })).rejects.toThrow(
      message,
    );
  });
});

it("edits a batch as it edits its images, each with its generator", async () => {
  const upscale = ConsistencyModelSuperResolutionPipeline.fromPipe(pipe);
  const image = [testImage(4, 4, 3, 1), testImage(4, 4, 3, 2)];
  const generator = [new TorchGenerator(1), new TorchGenerator(2)];
  const options = { timesteps: [22, 0], outputType: "tensor" } as const;
  const batch = await upscale.generate({ ...options, image, generator, classLabels: [1, 2] });
  const second = await upscale.generate({
    ...options,
    image: testImage(4, 4, 3, 2),
    seed: 2,
    classLabels: 2,
  });
  const difference = batch.images.slice(1, 2).sub(second.images);
  expect(Math.max(...difference.data.map(Math.abs))).toBeLessThan(1e-5);
  expect(Tensor.concat([batch.images]).shape).toEqual([2, 3, 16, 16]);
});
