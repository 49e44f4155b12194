import { DisposedError, InvalidArgumentError, Tensor, TorchGenerator } from "@onestep/core";
import { elementCount } from "@onestep/core/internal";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { memoryRepository } from "../__fixtures__/memory-repository.ts";
import { formulaCheckpointPlace } from "./__fixtures__/formula-checkpoint-place.ts";
import golden from "./__fixtures__/unet-golden.json" with { type: "json" };
import { listUNet2DModelWeights, UNet2DModel } from "./unet-2d-model.ts";
import { unet2DModelConfigSchema } from "./unet-2d-model-config.ts";

const place = formulaCheckpointPlace();

/** Largest difference of two lists, relative to the largest element of the reference. */
function relativeDifference(actual: ArrayLike<number>, expected: readonly number[]): number {
  const scale = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, index) => Math.abs((actual[index] ?? Number.NaN) - value))) / scale;
}

describe("UNet2DModel", () => {
  it.each(Object.entries(golden))(
    "knows how many parameters and arrays %s has",
    (_name, { config, params, tensors }) => {
      const weights = listUNet2DModelWeights(unet2DModelConfigSchema.fromJson(config, "config.json"));
      const sizes = weights.map(({ shape }) => elementCount(shape));
      expect(weights).toHaveLength(tensors);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(params);
    },
  );

  // Made by diffusers on PyTorch (float32, CPU). Sums of 6,000 float32 values in another order differ by about 1e-6 of
  // the sum of their magnitudes; the tolerance of 2e-5 leaves room for other CPUs.
  it.each(Object.entries(golden))(
    "predicts what PyTorch does: %s",
    async (_name, { config, timesteps, labels, params, out }) => {
      await using model = await UNet2DModel.fromPretrained(await place(config));
      expect(model.parameterCount).toBe(params);
      const sample = new TorchGenerator(0).randn(out.shape);
      const classLabels = labels ?? undefined;
      const { sample: prediction } = await model.forward({ sample, timestep: timesteps, classLabels });
      const values = [...prediction.data];
      expect(prediction.shape).toEqual(out.shape);
      expect(relativeDifference(values, out.first6)).toBeLessThan(2e-5);
      expect(relativeDifference(values.slice(-6), out.last6)).toBeLessThan(2e-5);
      const sum = values.reduce((total, value) => total + value, 0);
      const magnitude = values.reduce((total, value) => total + Math.abs(value), 0);
      expect(Math.abs(magnitude - out.abs) / out.abs).toBeLessThan(2e-5);
      expect(Math.abs(sum - out.sum) / out.abs).toBeLessThan(2e-5);
    },
  );

  it("predicts the same after a quick start", async () => {
    const checkpoint = await place(golden.cm_test_uncond.config);
    await using model = await UNet2DModel.fromPretrained(checkpoint);
    await using quick = await UNet2DModel.fromPretrained(checkpoint, { optimizeFor: "startup" });
    const sample = new TorchGenerator(0).randn([2, 3, 32, 32]);
    const expected = (await model.forward({ sample, timestep: 1 })).sample.data;
    const actual = (await quick.forward({ sample, timestep: 1 })).sample.data;
    expect(relativeDifference(actual, [...expected])).toBeLessThan(2e-5);
  });

  it("runs sizes side by side, and gives an image the same in each order", async () => {
    const location = await place(golden.cm_test_uncond.config);
    await using model = await UNet2DModel.fromPretrained(location, { threads: 1 });
    const forward = async (height: number, width: number) => {
      const sample = new TorchGenerator(0).randn([1, 3, height, width]);
      return (await model.forward({ sample, timestep: 1 })).sample;
    };
    const [own, wide, tall] = await Promise.all([forward(32, 32), forward(16, 48), forward(48, 16)]);
    expect([own, wide, tall].map(({ shape }) => shape.join())).toEqual([
      "1,3,32,32",
      "1,3,16,48",
      "1,3,48,16",
    ]);
    expect(await forward(32, 32)).toEqual(own);
    expect(await forward(16, 48)).toEqual(wide);
    const refused = expect(forward(64, 32)).rejects.toThrow(DisposedError);
    await model.dispose();
    await refused;
  });

  describe("of a class-conditional configuration", () => {
    let model: UNet2DModel;
    const sample = Tensor.zeros([2, 3, 32, 32]);

    beforeAll(async () => {
      model = await UNet2DModel.fromPretrained(await place(golden.cm_test_class_cond.config));
    });
    afterAll(() => model.dispose());

    it("gives each image of a batch what it gives it alone", async () => {
      const both = new TorchGenerator(3).randn([2, 3, 32, 32]);
      const together = await model.forward({ sample: both, timestep: [1095.5, 80.9], classLabels: [4, 7] });
      const second = await model.forward({ sample: both.slice(1, 2), timestep: 80.9, classLabels: 7 });
      expect(relativeDifference(together.sample.slice(1, 2).data, [...second.sample.data])).toBeLessThan(
        1e-5,
      );
    });

    it.each<[string, object, RegExp]>([
      [
        "a size that cannot be halved",
        { sample: Tensor.zeros([1, 3, 33, 32]) },
        /sample: found float32 \[1, 3, 33, 32\], expected float32 \[batch, 3, 32, 32\], or another height and width that are multiples of \d/,
      ],
      ["other channels", { sample: Tensor.zeros([1, 1, 32, 32]) }, /sample: found float32 \[1, 1, 32, 32\]/],
      ["no image", { sample: Tensor.zeros([0, 3, 32, 32]) }, /sample: found float32 \[0, 3, 32, 32\]/],
      ["another element type", { sample: Tensor.zeros([1, 3, 32, 32], "float64") }, /sample: found float64/],
      [
        "three timesteps for two images",
        { timestep: [1, 2, 3] },
        /timestep: found 3 values, expected 1, or 2/,
      ],
      ["a timestep that is no number", { timestep: Number.NaN }, /timestep: found NaN/],
      ["no labels", { classLabels: undefined }, /class_labels should be provided.*expected one class/],
      [
        "a label out of range",
        { classLabels: 1000 },
        /classLabels: found 1000, expected an integer from 0 to 999/,
      ],
      ["a negative label", { classLabels: [0, -1] }, /classLabels: found -1/],
      ["a fraction as label", { classLabels: 0.5 }, /classLabels: found 0.5/],
      ["three labels for two images", { classLabels: [1, 2, 3] }, /classLabels: found 3 labels/],
    ])("refuses %s", async (_what, changes, message) => {
      const options = { sample, timestep: 1, classLabels: 0, ...changes };
      const error = await model
        .forward(options as Parameters<UNet2DModel["forward"]>[0])
        .catch((reason) => reason);
      expect(InvalidArgumentError.isInstance(error)).toBe(true);
      expect(error.message).toMatch(message);
    });

    it("says so after dispose, however often that is called", async () => {
      const other = await UNet2DModel.fromPretrained(await place(golden.cm_test_class_cond.config));
      await Promise.all([other.dispose(), other.dispose()]);
      await expect(other.forward({ sample, timestep: 1, classLabels: 0 })).rejects.toThrow(DisposedError);
    });

    it("does not run for a signal that is aborted", async () => {
      const signal = AbortSignal.abort(new Error("enough"));
      await expect(model.forward({ sample, timestep: 1, classLabels: 0, signal })).rejects.toThrow("enough");
    });
  });

  it("refuses labels for a model without classes", async () => {
    await using model = await UNet2DModel.fromPretrained(await place(golden.cm_test_uncond.config));
    const sample = Tensor.zeros([1, 3, 32, 32]);
    await expect(model.forward({ sample, timestep: 1, classLabels: 0 })).rejects.toThrow(
      /model without classes/,
    );
  });

  it("refuses what is no precision", async () => {
    const dtype = "int8" as "auto";
    const checkpoint = await place(golden.cm_test_uncond.config);
    const loading = UNet2DModel.fromPretrained(checkpoint, { dtype });
    await expect(loading).rejects.toThrow(InvalidArgumentError);
    await expect(loading).rejects.toThrow('dtype: found "int8", expected "auto", "float32" or "float16"');
  });

  it("refuses an invalid number of threads before any file is fetched", async () => {
    const repository = memoryRepository({});
    const get = vi.spyOn(repository, "get");
    await expect(UNet2DModel.fromRepository(repository, { threads: 0 })).rejects.toThrow(
      "threads: found 0, expected a whole number from 1 to 1024",
    );
    expect(get).not.toHaveBeenCalled();
  });
});
