import { InvalidArgumentError, InvalidConfigError, Tensor, TorchGenerator } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { rampSample } from "../__fixtures__/dummy-model.ts";
import { consistencyGoldens as goldens, largestDifference, toOptions } from "../__fixtures__/goldens.ts";
import { runThrough } from "../__fixtures__/run-through.ts";
import { CMStochasticIterativeScheduler } from "./cm-stochastic-iterative-scheduler.ts";

/** V8's `pow` and `log` and those of numpy differ in the last bit of a float64 here and there; float32 hides it. */
const float64Tolerance = 1e-14;

describe("a new CMStochasticIterativeScheduler", () => {
  it("has the grid of all noise levels in float64, nothing added at the end", () => {
    const scheduler = new CMStochasticIterativeScheduler();
    expect(scheduler.sigmas).toBeInstanceOf(Float64Array);
    expect(scheduler.sigmas).toHaveLength(40);
    expect(scheduler.timesteps).toHaveLength(40);
    expect(scheduler.timesteps[0]).toBe(1095.5066586684702);
    expect(scheduler).toMatchObject({
      order: 1,
      length: 40,
      initNoiseSigma: 80,
      numInferenceSteps: undefined,
      customTimesteps: false,
      isScaleInputCalled: false,
      stepIndex: undefined,
      beginIndex: undefined,
    });
  });

  it.each(goldens.grids)("has the grid of diffusers for $config", ({ config, timesteps, sigmas }) => {
    const scheduler = new CMStochasticIterativeScheduler(toOptions(config));
    expect(largestDifference(scheduler.timesteps, timesteps)).toBeLessThan(float64Tolerance);
    expect(largestDifference(scheduler.sigmas, sigmas)).toBeLessThan(float64Tolerance);
  });

  it("has diffusers' defaults", () => {
    expect(new CMStochasticIterativeScheduler().config).toEqual({
      numTrainTimesteps: 40,
      sigmaMin: 0.002,
      sigmaMax: 80,
      sigmaData: 0.5,
      sNoise: 1,
      rho: 7,
      clipDenoised: true,
    });
  });

  it.each([
    [{ numTrainTimesteps: 0 }, "numTrainTimesteps: found 0, expected a whole number from 1 to 1000000."],
    [{ numTrainTimesteps: 1e12 }, "numTrainTimesteps: found 1000000000000, expected a whole number"],
    [{ numTrainTimesteps: 4.5 }, "numTrainTimesteps: found 4.5"],
    [{ sigmaMin: -1 }, "sigmaMin: found -1, expected a number, at least 0."],
    [{ sigmaMax: 0 }, "sigmaMax: found 0, expected a number above 0."],
    [{ sigmaMax: Number.POSITIVE_INFINITY }, "sigmaMax: found"],
    [{ sigmaData: 0 }, "sigmaData: found 0, expected a number above 0."],
    [{ rho: 0 }, "rho: found 0, expected a number other than 0."],
    [{ rho: 1e-3 }, "CMStochasticIterativeScheduler: sigmas: found"],
    [{ clipDenoised: 1 as unknown as boolean }, "clipDenoised: found 1, expected true or false."],
    [{ sigmaMean: 1 }, "CMStochasticIterativeScheduler has no option `sigmaMean`"],
    [null as unknown as object, "CMStochasticIterativeScheduler: found null, expected an object"],
  ])("refuses %j", (options, message) => {
    const make = () => new CMStochasticIterativeScheduler(options);
    expect(make).toThrow(InvalidArgumentError);
    expect(make).toThrow(message);
  });

  it("refuses noise levels that run the wrong way", () => {
    const make = () => new CMStochasticIterativeScheduler({ sigmaMin: 90 });
    expect(make).toThrow(InvalidConfigError);
    expect(make).toThrow(
      "CMStochasticIterativeScheduler: found sigma_min 90 above sigma_max 80, expected sigma_min at most sigma_max.",
    );
  });
});

describe("scalings", () => {
  // torch takes square roots with MKL, which is one unit off in the last place for one number in six.
  const lastPlace = 2 ** -23;

  it.each(goldens.scalings)("at $sigma of $config are those of torch", (golden) => {
    const scheduler = new CMStochasticIterativeScheduler(toOptions(golden.config));
    scheduler.setTimesteps({ numInferenceSteps: 1 });
    const edm = scheduler.getScalings(golden.sigma);
    const boundary = scheduler.getScalingsForBoundaryCondition(golden.sigma);
    expect(edm.cSkip).toBe(Math.fround(golden.edm[0]));
    expect(Math.abs(edm.cOut / golden.edm[1] - 1)).toBeLessThanOrEqual(lastPlace);
    expect(boundary.cSkip).toBe(Math.fround(golden.boundary[0]));
    expect(Math.abs(boundary.cOut - golden.boundary[1])).toBeLessThanOrEqual(lastPlace * golden.boundary[1]);
  });

  it("have the values of the reference for the published noise levels", () => {
    const scheduler = new CMStochasticIterativeScheduler();
    scheduler.setTimesteps({ timesteps: [22, 0] });
    expect(scheduler.getScalingsForBoundaryCondition(80)).toEqual({
      cSkip: 3.9062924770405516e-5,
      cOut: 0.4999777376651764,
    });
    expect(scheduler.getScalingsForBoundaryCondition(1.3823679685592651)).toEqual({
      cSkip: 0.1159869059920311,
      cOut: 0.46950846910476685,
    });
    expect(scheduler.getScalingsForBoundaryCondition(0.002)).toEqual({ cSkip: 1, cOut: 0 });
  });

  it("are float64 while the noise levels are", () => {
    const scheduler = new CMStochasticIterativeScheduler();
    expect(scheduler.getScalings(0.3).cSkip).toBe((1 / (0.3 * 0.3 + 0.25)) * 0.25);
  });
});

describe("scaleModelInput", () => {
  it("divides by the standard deviation of the sample and does not advance the run", () => {
    const scheduler = new CMStochasticIterativeScheduler();
    scheduler.setTimesteps({ timesteps: [22, 0] });
    const scaled = scheduler.scaleModelInput(Tensor.from([1]), 1095.5066586684702);
    // The reference gives the reciprocal in ten digits and more: 0.012499755248427391.
    expect(scaled.data[0]).toBeCloseTo(0.012499755248427391, 9);
    expect(scheduler.stepIndex).toBe(0);
    scheduler.scaleModelInput(Tensor.from([1]), 1095.5066586684702);
    expect(scheduler.stepIndex).toBe(0);
  });

  it("takes the noise level of the step to take, whatever timestep is passed later", () => {
    const scheduler = new CMStochasticIterativeScheduler();
    scheduler.setTimesteps({ timesteps: [22, 0] });
    const [first, second] = scheduler.timesteps as unknown as [number, number];
    const scaled = scheduler.scaleModelInput(rampSample(), first);
    expect(scheduler.scaleModelInput(rampSample(), second).data).toEqual(scaled.data);
  });
});

describe("begin index and index lookup", () => {
  it("finds the second of two equal timesteps", () => {
    const scheduler = new CMStochasticIterativeScheduler();
    expect(scheduler.indexForTimestep(3, [5, 3, 3, 3, 1])).toBe(2);
    expect(scheduler.indexForTimestep(1, [5, 3, 3, 1])).toBe(3);
    expect(() => scheduler.indexForTimestep(4, [5, 3])).toThrow(InvalidArgumentError);
  });

  it("begins where it is told to, whatever the timestep, until setTimesteps", () => {
    const scheduler = new CMStochasticIterativeScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 4 });
    scheduler.setBeginIndex(2);
    expect(scheduler.beginIndex).toBe(2);
    scheduler.scaleModelInput(rampSample(), 12.5);
    expect(scheduler.stepIndex).toBe(2);
    scheduler.setTimesteps({ numInferenceSteps: 4 });
    expect(scheduler).toMatchObject({ beginIndex: undefined, stepIndex: undefined });
    scheduler.setBeginIndex();
    expect(scheduler.beginIndex).toBe(0);
  });

  it.each([-1, 4, 1.5, Number.NaN])("refuses the begin index %d", (index) => {
    const scheduler = new CMStochasticIterativeScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 4 });
    expect(() => scheduler.setBeginIndex(index)).toThrow(InvalidArgumentError);
    expect(() => scheduler.setBeginIndex(index)).toThrow(
      `found ${index}, expected an index into the 4 timesteps.`,
    );
  });
});

describe("addNoise", () => {
  it.each(goldens.noised)("is as in diffusers for the timesteps at $indices", ({ indices, samples }) => {
    const scheduler = new CMStochasticIterativeScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 4 });
    const values = Array.from({ length: 32 }, (_, index) => (index - (index % 4) + 3 - (index % 4)) / 32);
    const noise = Tensor.from(values, [2, 1, 4, 4]);
    const timesteps = indices.map((index) => Number(scheduler.timesteps[index]));
    expect(scheduler.addNoise(rampSample(), noise, timesteps).data).toEqual(Float32Array.from(samples));
  });

  it("takes the level of the begin index, then of the step the run has come to", () => {
    const scheduler = new CMStochasticIterativeScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 4 });
    scheduler.setBeginIndex(1);
    const ones = Tensor.from([1, 1], [2, 1]);
    const levelNow = () => scheduler.addNoise(Tensor.zeros([2, 1]), ones, [12, 34]).data[1];
    expect(levelNow()).toBe(scheduler.sigmas[1]);
    scheduler.step(scheduler.scaleModelInput(ones, 0.5), 0.5, ones, { generator: new TorchGenerator(0) });
    expect(levelNow()).toBe(scheduler.sigmas[2]);
  });

  it("refuses a timestep that is none of the run", () => {
    const add = () => new CMStochasticIterativeScheduler().addNoise(rampSample(), rampSample(), [3]);
    expect(add).toThrow(InvalidArgumentError);
    expect(add).toThrow("CMStochasticIterativeScheduler.addNoise: timestep: found 3, expected one of");
  });

  it("refuses timesteps that do not fit the batch", () => {
    const scheduler = new CMStochasticIterativeScheduler();
    const add = () => scheduler.addNoise(rampSample(), rampSample(), scheduler.timesteps);
    expect(add).toThrow(InvalidArgumentError);
    expect(add).toThrow(
      "found 40 timesteps for a batch of 2, expected one timestep for all items, or one for each.",
    );
  });
});

describe("clone", () => {
  it("has the same config and none of the state", () => {
    const scheduler = new CMStochasticIterativeScheduler({ numTrainTimesteps: 201, sNoise: 1.5 });
    scheduler.setTimesteps({ timesteps: [106, 0] });
    runThrough(scheduler, rampSample(), { generator: new TorchGenerator(0) });
    const copy = scheduler.clone();
    expect(copy).toBeInstanceOf(CMStochasticIterativeScheduler);
    expect(copy.config).toEqual(scheduler.config);
    expect(copy).toMatchObject({
      stepIndex: undefined,
      numInferenceSteps: undefined,
      customTimesteps: false,
      isScaleInputCalled: false,
    });
    expect(copy.timesteps).toHaveLength(201);
  });
});
