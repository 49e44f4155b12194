import { InvalidArgumentError, type Tensor } from "@onestep/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { savedCheckpoint } from "../__fixtures__/saved-checkpoint.ts";
import { ConsistencyModelPipeline } from "../unconditional/consistency-model-pipeline.ts";
import { testImage } from "./__fixtures__/test-image.ts";
import type { ConsistencyModelInterpolationOptions } from "./consistency-model-interpolation-pipeline.ts";
import { ConsistencyModelInterpolationPipeline } from "./consistency-model-interpolation-pipeline.ts";

const checkpoint = savedCheckpoint("cm-safetensors");
const ends = [testImage(16, 16, 3, 1), testImage(16, 16, 3, 2)];

let sampling: ConsistencyModelPipeline;
let pipe: ConsistencyModelInterpolationPipeline;

beforeAll(async () => {
  sampling = await ConsistencyModelPipeline.fromPretrained(checkpoint);
  pipe = ConsistencyModelInterpolationPipeline.fromPipe(sampling);
});
afterAll(() => sampling.dispose());

/** The model adds up in another order in a batch. */
function expectClose(actual: Tensor<"float32">, expected: Tensor<"float32">): void {
  expect(Math.max(...actual.sub(expected).data.map(Math.abs))).toBeLessThan(1e-5);
}

describe("ConsistencyModelInterpolationPipeline between seeds", () => {
  it.each([undefined, [22, 0]])(
    "begins and ends with the images of the seeds, timesteps %j",
    async (timesteps) => {
      const options = { classLabels: 2, timesteps, outputType: "tensor" } as const;
      const { images } = await pipe.generate({ ...options, seeds: [3, 4n], frames: 3 });
      expect(images.shape).toEqual([3, 3, 16, 16]);
      expectClose(images.slice(0, 1), (await sampling.generate({ ...options, seed: 3 })).images);
      expectClose(images.slice(2, 3), (await sampling.generate({ ...options, seed: 4 })).images);
      expect(images.slice(1, 2).data).not.toEqual(images.slice(0, 1).data);
    },
  );

  it("takes a label for each frame, and draws one for all where none is given", async () => {
    const labelled = await pipe.generate({
      seeds: [3, 4],
      frames: 2,
      classLabels: [5, 6],
      outputType: "tensor",
    });
    expectClose(
      labelled.images.slice(1, 2),
      (await sampling.generate({ classLabels: 6, seed: 4, outputType: "tensor" })).images,
    );
    const drawn = await pipe.generate({ seeds: [3, 3], frames: 3, outputType: "tensor" });
    expectClose(drawn.images.slice(0, 1), drawn.images.slice(2, 3));
    expectClose(drawn.images.slice(0, 1), drawn.images.slice(1, 2));
    expectClose(
      drawn.images.slice(0, 1),
      (await sampling.generate({ seed: 3, outputType: "tensor" })).images,
    );
  });

  it("makes eight images by default", async () => {
    expect((await pipe.generate({ seeds: [1, 2], classLabels: 1 })).images).toHaveLength(8);
  });
});

describe("ConsistencyModelInterpolationPipeline between images", () => {
  it("begins and ends with the images, byte for byte", async () => {
    const { images } = await pipe.generate({ images: ends, frames: 5, seed: 0, classLabels: 1 });
    expect(images[0]?.data).toEqual(ends[0]?.data);
    expect(images[4]?.data).toEqual(ends[1]?.data);
    expect(images[2]?.data).not.toEqual(ends[0]?.data);
  });

  it("makes the same of the same seed, draws one label for all, and tells of its steps", async () => {
    const steps: number[] = [];
    const timesteps: number[] = [];
    const options: ConsistencyModelInterpolationOptions<"tensor"> = {
      images: ends,
      frames: 3,
      seed: 9,
      numInferenceSteps: 2,
      outputType: "tensor",
      onStepEnd: ({ step, totalSteps, timestep }) => {
        steps.push(step, totalSteps);
        timesteps.push(timestep);
      },
    };
    const first = await pipe.generate(options);
    expect((await pipe.generate(options)).images.data).toEqual(first.images.data);
    expect(steps).toEqual([0, 2, 1, 2, 0, 2, 1, 2]);
    // Half-way: 0.6 of the grid from its lowest level, then 0.3.
    expect(timesteps.slice(0, 2).map(Math.round)).toEqual([441, -286]);
    const other = await pipe.generate({ ...options, seed: 10 });
    expect(other.images.data).not.toEqual(first.images.data);
  });

  it("stops where it is told to", async () => {
    const signal = AbortSignal.abort();
    await expect(pipe.generate({ images: ends, signal })).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("ConsistencyModelInterpolationPipeline", () => {
  it.each<[what: string, options: object, message: string]>([
    ["nothing to go between", {}, "There is nothing to interpolate between."],
    ["images and seeds", { images: ends, seeds: [1, 2] }, "`images` and `seeds` cannot be used together."],
    ["one seed", { seeds: [1] }, "seeds: found 1 of them, expected a list of two"],
    ["a number as seeds", { seeds: 1 }, "seeds: found number"],
    ["three images", { images: [...ends, ...ends] }, "images: found 4 of them, expected two"],
    ["one image", { images: ends[0] }, "images: found 1 of them"],
    ["one frame", { seeds: [1, 2], frames: 1 }, "frames: found 1, expected a whole number from 2 to 1000"],
    ["a billion frames", { seeds: [1, 2], frames: 1e9 }, "frames: found 1000000000"],
    [
      "a strength between seeds",
      { seeds: [1, 2], strength: 0.5 },
      "`strength` has no meaning between seeds.",
    ],
    ["a seed between seeds", { seeds: [1, 2], seed: 5 }, "`seed` has no meaning between seeds."],
    [
      "timesteps between images",
      { images: ends, timesteps: [22, 0] },
      "`timesteps` has no meaning between images.",
    ],
    ["no steps between images", { images: ends, numInferenceSteps: 0 }, "numInferenceSteps: found 0"],
    ["a strength of 2", { images: ends, strength: 2 }, "strength: found 2"],
    ["an unknown output type", { seeds: [1, 2], outputType: "pil" }, 'outputType: found "pil"'],
    [
      "a label for two of three frames",
      { images: ends, frames: 3, classLabels: [1, 2] },
      "classLabels: found 2 labels",
    ],
  ])("refuses %s", async (_what, options, message) => {
    const generating = pipe.generate(options as ConsistencyModelInterpolationOptions);
    const error: unknown = await generating.catch((reason: unknown) => reason);
    expect(InvalidArgumentError.isInstance(error), String(error)).toBe(true);
    expect(String(error)).toContain(message);
  });
});
