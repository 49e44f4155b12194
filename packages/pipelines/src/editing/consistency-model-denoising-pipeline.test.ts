import { imagesFromTensor, type RasterImage, Tensor, TorchGenerator } from "@onestep/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { emoji32Folder, savedCheckpoint } from "../__fixtures__/saved-checkpoint.ts";
import { ConsistencyModelPipeline } from "../unconditional/consistency-model-pipeline.ts";
import { testImage } from "./__fixtures__/test-image.ts";
import { ConsistencyModelDenoisingPipeline } from "./consistency-model-denoising-pipeline.ts";

const checkpoint = savedCheckpoint("cm-safetensors");

let pipe: ConsistencyModelDenoisingPipeline;

beforeAll(async () => {
  pipe = await ConsistencyModelDenoisingPipeline.fromPretrained(checkpoint);
});
afterAll(() => pipe.dispose());

describe("ConsistencyModelDenoisingPipeline", () => {
  it("is one step of the pipeline that samples, at the highest level", async () => {
    const noise = new TorchGenerator(0).randn([1, 3, 16, 16]);
    const sampling = new ConsistencyModelPipeline(pipe.components);
    const options = { classLabels: 1, outputType: "tensor" } as const;
    const sampled = await sampling.generate({ ...options, latents: noise });
    const image = noise.mul(80).add(1).div(2);
    const denoised = await pipe.generate({ ...options, image, sigma: 80 });
    const difference = denoised.images.sub(sampled.images).data.map(Math.abs);
    // Noise of 80 loses its last digits on the way to pixels and back.
    expect(Math.max(...difference)).toBeLessThan(1e-5);
  });

  it("leaves the image as it is at the lowest level", async () => {
    const image = testImage(16, 16);
    const { images } = await pipe.generate({ image, sigma: 0.002, classLabels: 1 });
    expect(images[0]?.data).toEqual(image.data);
  });

  it("takes noise off emoji, at levels between those of the grid as well", async () => {
    await using emoji = await ConsistencyModelPipeline.fromPretrained(emoji32Folder);
    const denoise = ConsistencyModelDenoisingPipeline.fromPipe(emoji);
    const { images } = await emoji.generate({
      classLabels: 0,
      seed: 1,
      timesteps: [26, 13, 0],
      outputType: "tensor",
    });
    const [clean] = imagesFromTensor(images) as [RasterImage];
    for (const sigma of [0.2, 0.5, 1.1]) {
      const noise = new TorchGenerator(2).randn(images.shape).mul(sigma / 2);
      const noisy = clean.toTensor().add(noise);
      const result = await denoise.generate({ image: noisy, sigma, classLabels: 0, outputType: "tensor" });
      const error = meanSquare(result.images.sub(clean.toTensor()));
      expect(error).toBeLessThan(meanSquare(noise) / 4);
    }
  });

  it("draws no random numbers but labels that are not given", async () => {
    const options = { image: testImage(16, 16), sigma: 1 };
    const generator = new TorchGenerator(3);
    const before = generator.getState();
    await pipe.generate({ ...options, classLabels: 1, generator });
    expect(generator.getState()).toEqual(before);

    const drawn = await pipe.generate({ ...options, generator });
    const [label] = new TorchGenerator(3).randint(0, pipe.unet.config.numClassEmbeds ?? 0, [1]).data;
    const given = await pipe.generate({ ...options, classLabels: Number(label) });
    expect(drawn.images[0]?.data).toEqual(given.images[0]?.data);
  });

  it("hears an abort while onStepEnd is waited for", async () => {
    const controller = new AbortController();
    const onStepEnd = () => {
      setTimeout(() => controller.abort(), 5);
      return new Promise<void>(() => undefined);
    };
    const options = { image: testImage(16, 16), sigma: 1, classLabels: 1, onStepEnd };
    const running = pipe.generate({ ...options, signal: controller.signal });
    await expect(running).rejects.toMatchObject({ name: "AbortError" });
  });

  it.each<[what: string, options: object, message: string]>([
    [
      "no level",
      { sigma: undefined },
      "sigma: found undefined, expected a noise level that the model was trained for, 0.002 to 80",
    ],
    ["a level of 0", { sigma: 0 }, "sigma: found 0"],
    ["a level that is too high", { sigma: 81 }, "sigma: found 81"],
    ["a level that is no number", { sigma: Number.NaN }, "sigma: found NaN"],
    [
      "an image of another size",
      { image: testImage(15, 16) },
      "image 0: found 15 x 16 pixels, expected 16 x 16, the size of the model's images",
    ],
    ["a tensor of another size", { image: Tensor.zeros([1, 3, 32, 32]) }, "image 0: found 32 x 32 pixels"],
  ])("refuses %s", async (_what, options, message) => {
    const generating = pipe.generate({ image: testImage(16, 16), sigma: 1, classLabels: 1, ...options });
    await expect(generating).rejects.toThrow(message);
  });
});

function meanSquare({ data }: Tensor<"float32">): number {
  return data.reduce((sum, value) => sum + value * value, 0) / data.length;
}
