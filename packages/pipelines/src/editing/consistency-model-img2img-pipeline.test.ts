import { InvalidArgumentError, Tensor, TorchGenerator } from "@onestep/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { savedCheckpoint } from "../__fixtures__/saved-checkpoint.ts";
import { testImage } from "./__fixtures__/test-image.ts";
import { ConsistencyModelImg2ImgPipeline } from "./consistency-model-img2img-pipeline.ts";

const checkpoint = savedCheckpoint("cm-safetensors");
const common = { image: testImage(16, 16), classLabels: 1, seed: 0 };

let pipe: ConsistencyModelImg2ImgPipeline;

beforeAll(async () => {
  pipe = await ConsistencyModelImg2ImgPipeline.fromPretrained(checkpoint);
});
afterAll(() => pipe.dispose());

async function timestepsOf(options: object): Promise<number[]> {
  const timesteps: number[] = [];
  const onStepEnd = ({ timestep }: { timestep: number }): void => {
    timesteps.push(timestep);
  };
  await pipe.generate({ ...common, ...options, onStepEnd });
  return timesteps;
}

describe("ConsistencyModelImg2ImgPipeline", () => {
  it("begins where strength says, 5.38 by default as the paper does", async () => {
    const timesteps = await timestepsOf({});
    expect(timesteps).toHaveLength(12);
    expect(Math.exp((timesteps[0] ?? 0) / 250)).toBeCloseTo(5.38, 2);
    expect(await timestepsOf({ timesteps: [20, 16] })).toEqual([timesteps[0], timesteps[2]]);
    expect(await timestepsOf({ strength: 1, numInferenceSteps: 2 })).toHaveLength(2);
    expect(await timestepsOf({ strength: 0.5, numInferenceSteps: 2 })).toHaveLength(1);
  });

  it("puts noise of the first level on the image, and takes the model's prediction", async () => {
    const latents = new TorchGenerator(7).randn([1, 3, 16, 16]);
    const options = { ...common, latents, timesteps: [39], outputType: "tensor" } as const;
    const { images } = await pipe.generate(options);
    // At the lowest level the model is the identity, and the noise has a deviation of 0.002 on -1 to 1.
    const expected = common.image.toTensor().add(latents.mul(0.001)).clamp(0, 1);
    const difference = images.sub(expected).data.map(Math.abs);
    expect(Math.max(...difference)).toBeLessThan(1e-6);
  });

  it("stays the closer to the image the less its strength", async () => {
    const distances: number[] = [];
    for (const strength of [0.1, 0.5, 1]) {
      const { images } = await pipe.generate({ ...common, strength, outputType: "tensor" });
      const difference = images.sub(common.image.toTensor());
      distances.push(difference.data.reduce((sum, value) => sum + value * value, 0) / 768);
    }
    const [near = 0, middle = 0, far = 0] = distances;
    expect(near).toBeLessThan(middle);
    expect(middle).toBeLessThan(far);
  });

  it.each<[what: string, options: object, message: string]>([
    ["a strength of 0", { strength: 0 }, "strength: found 0, expected a number above 0, up to 1"],
    ["a strength beyond 1", { strength: 1.01 }, "strength: found 1.01"],
    ["a strength that is no number", { strength: Number.NaN }, "strength: found NaN"],
    [
      "a strength of less than a step",
      { strength: 0.1, numInferenceSteps: 5 },
      "strength: found 0.1 of 5 steps, which is less than one",
    ],
    [
      "strength and timesteps",
      { strength: 0.5, timesteps: [16] },
      "`strength` and `timesteps` cannot be used together.",
    ],
    [
      "more steps than there are",
      { numInferenceSteps: 41 },
      "numInferenceSteps: found 41, expected a whole number from 1 to 40",
    ],
    ["half a step", { numInferenceSteps: 0.5 }, "numInferenceSteps: found 0.5"],
    [
      "noise of another shape",
      { latents: Tensor.zeros([1, 3, 8, 8]) },
      "The shape of latents is [1, 3, 8, 8]",
    ],
  ])("refuses %s", async (_what, options, message) => {
    const error: unknown = await pipe.generate({ ...common, ...options }).catch((reason: unknown) => reason);
    expect(InvalidArgumentError.isInstance(error), String(error)).toBe(true);
    expect(String(error)).toContain(message);
  });
});
