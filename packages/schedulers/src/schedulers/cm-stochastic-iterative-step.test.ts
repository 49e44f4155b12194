import { InvalidArgumentError, Tensor, TorchGenerator } from "@onestep/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { absoluteSum, dummyNoise, dummySample, rampSample } from "../__fixtures__/dummy-model.ts";
import { consistencyGoldens as goldens, largestDifference, toOptions } from "../__fixtures__/goldens.ts";
import { runThrough } from "../__fixtures__/run-through.ts";
import { CMStochasticIterativeScheduler } from "./cm-stochastic-iterative-scheduler.ts";

afterEach(() => vi.restoreAllMocks());

function silenceWarnings() {
  return vi.spyOn(console, "warn").mockImplementation(() => undefined);
}

describe("diffusers' full loops (test_scheduler_consistency_model.py)", () => {
  // Tolerances are those of diffusers; the numbers behind them agree to the eighth digit.
  it("one step", () => {
    const scheduler = new CMStochasticIterativeScheduler({ numTrainTimesteps: 201 });
    scheduler.setTimesteps({ numInferenceSteps: 1 });
    const [output] = runThrough(scheduler, dummySample().mul(80));
    const sum = absoluteSum(output?.prevSample);
    expect(Math.abs(sum - 192.7614)).toBeLessThan(1e-2);
    expect(Math.abs(sum / 768 - 0.251)).toBeLessThan(1e-3);
    expect(sum).toBeCloseTo(192.76130216, 4);
  });

  it("several steps", () => {
    const scheduler = new CMStochasticIterativeScheduler({ numTrainTimesteps: 201 });
    scheduler.setTimesteps({ timesteps: [106, 0] });
    const outputs = runThrough(scheduler, dummySample().mul(80), { generator: new TorchGenerator(0) });
    const [between, end] = outputs.map(({ prevSample }) => prevSample);
    expect(Math.abs(absoluteSum(end) - 347.6357)).toBeLessThan(1e-2);
    expect(Math.abs(absoluteSum(end) / 768 - 0.4527)).toBeLessThan(1e-3);
    expect(absoluteSum(between)).toBeCloseTo(1205.91168669, 3);
    const row = (tensor: Tensor<"float32"> | undefined) => [...(tensor?.data.slice(0, 4) ?? [])];
    // The reference has ten decimals of float32 numbers: 1e-9 is their rounding.
    expect(
      largestDifference(row(between), [-2.1535542011, -2.2016656399, -0.4740815759, -0.8220881224]),
    ).toBeLessThan(1e-9);
    expect(
      largestDifference(row(end), [-0.6611416936, -0.6759121418, -0.1455422491, -0.2523811758]),
    ).toBeLessThan(1e-9);
  });

  it("from the middle, with noise added", () => {
    const scheduler = new CMStochasticIterativeScheduler({ numTrainTimesteps: 201 });
    scheduler.setTimesteps({ numInferenceSteps: 10 });
    const timesteps = scheduler.timesteps.slice(8);
    const noisy = scheduler.addNoise(dummySample().mul(80), dummyNoise(), timesteps.slice(0, 1));
    expect(absoluteSum(noisy)).toBeCloseTo(30712.63095547, 2);
    const outputs = runThrough(scheduler, noisy, { generator: new TorchGenerator(0) }, timesteps);
    const sum = absoluteSum(outputs[1]?.prevSample);
    expect(Math.abs(sum - 763.9186)).toBeLessThan(1e-2);
    expect(Math.abs(sum / 768 - 0.9947)).toBeLessThan(1e-3);
  });
});

describe("step", () => {
  it.each(goldens.runs)(
    "gives the numbers of diffusers for $request of $config",
    ({ config, request, seeds, steps }) => {
      const scheduler = new CMStochasticIterativeScheduler(toOptions(config));
      if (request !== null) scheduler.setTimesteps(toOptions(request));
      const generator = seeds.map((seed) => new TorchGenerator(seed));
      const outputs = runThrough(scheduler, rampSample().mul(scheduler.initNoiseSigma), { generator });
      expect(outputs).toHaveLength(steps.length);
      for (const [index, { prevSample }] of outputs.entries()) {
        const expected = (steps[index]?.["prev_sample"] ?? []).map(Math.fround);
        // Equal to the last bit where the square roots are; 2.4e-7 apart at most where they are not.
        expect(largestDifference(prevSample.data, expected)).toBeLessThan(5e-7);
      }
    },
  );

  it("draws noise in every step of a run of two or more, and leaves the last of it on the image", () => {
    const scheduler = new CMStochasticIterativeScheduler();
    scheduler.setTimesteps({ timesteps: [22, 0] });
    const zeros = Tensor.zeros([1, 1, 4, 4]);
    const generator = new TorchGenerator(7);
    const samples = [0, 1].map((step) => {
      const timestep = Number(scheduler.timesteps[step]);
      scheduler.scaleModelInput(zeros, timestep);
      return scheduler.step(zeros, timestep, zeros, { generator }).prevSample;
    });
    const again = new TorchGenerator(7);
    const draws = [1, 2].map(() => again.randn([1, 1, 4, 4]));
    expect(samples[0]?.data).toEqual(draws[0]?.mul(1.3823665380477905).data);
    expect(samples[1]?.data).toEqual(draws[1]?.mul(6.743495646333031e-7).data);
  });

  it("draws no noise in a run of one", () => {
    const scheduler = new CMStochasticIterativeScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 1 });
    const generator = new TorchGenerator(1);
    runThrough(scheduler, rampSample(), { generator });
    expect(generator.randn([16]).data).toEqual(new TorchGenerator(1).randn([16]).data);
  });

  it("lets the prediction be edited, after it is clamped and before the noise", () => {
    const scheduler = new CMStochasticIterativeScheduler();
    scheduler.setTimesteps({ timesteps: [22, 0] });
    const zeros = Tensor.zeros([1, 1, 4, 4]);
    const timestep = Number(scheduler.timesteps[0]);
    const input = scheduler.scaleModelInput(zeros, timestep);
    const seen: number[] = [];
    const { prevSample } = scheduler.step(input.add(1000), timestep, zeros, {
      generator: new TorchGenerator(7),
      editDenoised: (denoised) => {
        seen.push(...denoised.data.slice(0, 2));
        return denoised.mul(-3);
      },
    });
    expect(seen).toEqual([1, 1]);
    const noise = new TorchGenerator(7).randn([1, 1, 4, 4]).mul(1.3823665380477905);
    expect(prevSample.data).toEqual(zeros.sub(3).add(noise).data);
  });

  it("refuses an edit that changes the shape, and does not go on", () => {
    const scheduler = new CMStochasticIterativeScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 1 });
    const sample = scheduler.scaleModelInput(rampSample(), 1095.5066586684702);
    const edited = (editDenoised: () => Tensor<"float32">) => () =>
      scheduler.step(sample, 1095.5066586684702, sample, { editDenoised });
    expect(edited(() => Tensor.zeros([2, 4, 4]))).toThrow(
      "found modelOutput float32 [2, 1, 4, 4] and denoised float32 [2, 4, 4], expected tensors of one shape",
    );
    expect(edited(() => undefined as unknown as Tensor<"float32">)).toThrow("denoised: found undefined");
    expect(scheduler.stepIndex).toBe(0);
  });

  it("takes one generator per item, so that an item does not depend on its neighbours", () => {
    const run = (seeds: number[]) => {
      const scheduler = new CMStochasticIterativeScheduler();
      scheduler.setTimesteps({ timesteps: [22, 0] });
      const start = Tensor.zeros([seeds.length, 1, 4, 4]).add(80);
      return runThrough(scheduler, start, { generator: seeds.map((seed) => new TorchGenerator(seed)) });
    };
    expect(run([3, 4])[1]?.prevSample.slice(1, 2).data).toEqual(run([4])[1]?.prevSample.data);
  });

  it("gives an image, not NaN, where float32 rounds sigmaMin down", () => {
    const scheduler = new CMStochasticIterativeScheduler({ sigmaMin: 0.0021 });
    scheduler.setTimesteps({ timesteps: [22, 0] });
    const outputs = runThrough(scheduler, rampSample().mul(80), { generator: new TorchGenerator(0) });
    expect(outputs[1]?.prevSample.data.every((value) => Math.abs(value) <= 1)).toBe(true);
  });

  it("lets what is not a number through: a model that fails is seen", () => {
    const scheduler = new CMStochasticIterativeScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 1 });
    const sample = scheduler.scaleModelInput(Tensor.from([1]), 1095.5066586684702);
    const { prevSample } = scheduler.step(Tensor.from([Number.NaN]), 1095.5066586684702, sample);
    expect(prevSample.data[0]).toBeNaN();
  });

  it("warns once where the model's input was not scaled", () => {
    const warning = silenceWarnings();
    const scheduler = new CMStochasticIterativeScheduler();
    for (let run = 0; run < 2; run += 1) {
      scheduler.setTimesteps({ numInferenceSteps: 1 });
      scheduler.step(rampSample(), 1095.5066586684702, rampSample());
    }
    expect(warning).toHaveBeenCalledTimes(1);
    expect(warning).toHaveBeenCalledWith(
      expect.stringContaining(
        "The `scaleModelInput` function should be called before `step` to ensure correct denoising.",
      ),
    );
  });

  it("does not warn in a later run where the input was scaled in an earlier one", () => {
    const warning = silenceWarnings();
    const scheduler = new CMStochasticIterativeScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 1 });
    scheduler.scaleModelInput(rampSample(), 1095.5066586684702);
    scheduler.setTimesteps({ numInferenceSteps: 1 });
    expect(scheduler.isScaleInputCalled).toBe(true);
    scheduler.step(rampSample(), 1095.5066586684702, rampSample());
    expect(warning).not.toHaveBeenCalled();
  });

  it.each([0, 1, 2, 1095])("refuses %i, which is an index and no timestep", (index) => {
    const scheduler = new CMStochasticIterativeScheduler();
    scheduler.setTimesteps({ timesteps: [22, 0] });
    const sample = scheduler.scaleModelInput(rampSample(), 1095.5066586684702);
    const step = () => scheduler.step(sample, index, sample, { generator: new TorchGenerator(0) });
    expect(step).toThrow(InvalidArgumentError);
    expect(step).toThrow(
      "Passing integer indices (e.g. from `timesteps.entries()`) as timesteps to" +
        " `CMStochasticIterativeScheduler.step()` is not supported. Make sure to pass one of the" +
        ` \`scheduler.timesteps\` as a timestep. Found ${index};`,
    );
  });

  it("takes a whole number that is a timestep", () => {
    const scheduler = new CMStochasticIterativeScheduler({ sigmaMin: 1, sigmaMax: 1 });
    scheduler.setTimesteps({ numInferenceSteps: 1 });
    expect([...scheduler.timesteps]).toEqual([0]);
    const sample = scheduler.scaleModelInput(rampSample(), 0);
    expect(scheduler.step(sample, 0, sample).prevSample.shape).toEqual([2, 1, 4, 4]);
  });

  it("names the timesteps where the first is none of them", () => {
    const scheduler = new CMStochasticIterativeScheduler();
    scheduler.setTimesteps({ timesteps: [22, 0] });
    const step = () => scheduler.scaleModelInput(rampSample(), 81.5);
    expect(step).toThrow(InvalidArgumentError);
    expect(step).toThrow(
      "CMStochasticIterativeScheduler: timestep: found 81.5, expected one of `scheduler.timesteps`: 1095.5066586684702, 80.94948482281791.",
    );
  });

  it("is over at the end of the timesteps", () => {
    const scheduler = new CMStochasticIterativeScheduler({ numTrainTimesteps: 2 });
    scheduler.setTimesteps({ numInferenceSteps: 2 });
    runThrough(scheduler, rampSample(), { generator: new TorchGenerator(0) });
    expect(scheduler.stepIndex).toBe(2);
    const step = () => scheduler.step(rampSample(), Number(scheduler.timesteps[1]), rampSample());
    expect(step).toThrow(InvalidArgumentError);
    expect(step).toThrow("found a finished run (2 timesteps)");
    expect(step).toThrow("Call `setTimesteps` to start another run.");
  });

  it.each([
    [Tensor.zeros([2, 2, 4, 4]), "found modelOutput float32 [2, 2, 4, 4] and sample float32 [2, 1, 4, 4]"],
    [
      Tensor.zeros([2, 1, 4, 4], "float64") as unknown as Tensor<"float32">,
      "modelOutput: found float64 [2, 1, 4, 4]",
    ],
    [
      undefined as unknown as Tensor<"float32">,
      "step: modelOutput: found undefined, expected a float32 tensor",
    ],
    [Tensor.from([1], []), "modelOutput: found float32 [], expected a float32 tensor with the batch"],
  ])("refuses a model output that does not fit: %#", (modelOutput, message) => {
    const scheduler = new CMStochasticIterativeScheduler();
    const step = () => scheduler.step(modelOutput, Number(scheduler.timesteps[0]), rampSample());
    expect(step).toThrow(InvalidArgumentError);
    expect(step).toThrow(message);
  });
});
