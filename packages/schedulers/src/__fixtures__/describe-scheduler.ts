import { InvalidArgumentError, InvalidConfigError, Tensor, TorchGenerator } from "@onestep/core";
import { describe, expect, it, vi } from "vitest";
import type { Scheduler } from "../scheduler.ts";
import { type DiffusionGoldens, expectGoldenRun, type GoldenRunOptions } from "./diffusion-goldens.ts";
import { expectSum, fullLoopSum } from "./full-loop.ts";
import type { PythonOptions } from "./goldens.ts";
import { patternSample } from "./pattern-model.ts";

/** A scheduler as its class makes it. */
type MakeScheduler = new (options?: object) => Scheduler & { readonly numInferenceSteps: number | undefined };

/** A loop of diffusers' own test, and the figures that it expects. */
export interface FullLoop {
  readonly options?: object;
  /** The index of the first timestep; the sample then has noise of its level. */
  readonly start?: number;
  /** The index of the first timestep, where the sample has no noise of its level. */
  readonly from?: number;
  readonly count?: number;
  readonly sum?: number;
  readonly mean?: number;
}

/** What is to be known of a scheduler to test what all schedulers do. */
export interface SchedulerFacts {
  readonly schedulerClass: MakeScheduler & { readonly className: string };
  /** The config of a new one: diffusers' defaults. */
  readonly defaults: object;
  /** Other properties of a new one. */
  readonly properties?: object;
  /** How many timesteps and noise levels a new one has. */
  readonly timestepCount?: number;
  readonly sigmaCount?: number;
  /** Options that are refused by themselves, and those that contradict each other. */
  readonly refusedOptions?: readonly (readonly [options: object, message: string])[];
  readonly contradictions?: readonly (readonly [options: object, message: string])[];
  /** What `setTimesteps` refuses, of the scheduler with these options and those of the row. */
  readonly refusedRequests: readonly (readonly [request: object, message: string, options?: object])[];
  readonly requestOptions?: object;
  /** What the run before a refused request is begun with. */
  readonly runBefore?: object;
  /** The file of golden runs, and what stands in for the network in them. */
  readonly goldens?: unknown;
  readonly goldenModel?: (config: PythonOptions) => GoldenRunOptions["model"];
  /** The loops of diffusers' test of that name, with the options that the test sets. */
  readonly fullLoops?: {
    readonly test: string;
    readonly options?: object;
    readonly isScaled?: boolean;
    /** How close the sums are; 1e-2 by default. */
    readonly sumTolerance?: number;
    readonly stepOptions?: () => object;
    readonly loops: Readonly<Record<string, FullLoop>>;
  };
  /** Of a run of one step. */
  readonly step: {
    readonly options?: object;
    /** Whether a step needs `setTimesteps` before. */
    readonly needsRun?: boolean;
    /** Whether a step warns where the model's input was not scaled. */
    readonly reminds?: boolean;
    /** Whether steps are counted; true by default. */
    readonly isCounted?: boolean;
    /** Timesteps that are refused. */
    readonly wrongTimesteps?: readonly (readonly [timestep: number, message: string])[];
    /** Options of a step that are refused. */
    readonly wrongOptions?: readonly (readonly [options: object, message: string])[];
    /** An index at which a run of three steps can begin; 1 by default. */
    readonly beginIndex?: number;
  };
}

/** Tests what all schedulers do. What one does alone is in its own test. */
export function describeScheduler(facts: SchedulerFacts): void {
  const { schedulerClass, step } = facts;
  const { className } = schedulerClass;

  describe(`a new ${className}`, () => {
    it("has the defaults of its reference", () => {
      const scheduler = new schedulerClass();
      expect(scheduler.config).toEqual(facts.defaults);
      expect(scheduler).toMatchObject({ stepIndex: undefined, beginIndex: undefined, ...facts.properties });
      if (facts.timestepCount !== undefined) expect(scheduler.timesteps).toHaveLength(facts.timestepCount);
      if (facts.sigmaCount !== undefined) expect(scheduler.sigmas).toHaveLength(facts.sigmaCount);
    });

    describeRows(facts.refusedOptions, "refuses %j", ([options, message]) => {
      expectRefusal(() => new schedulerClass(options), InvalidArgumentError, message);
    });

    describeRows(facts.contradictions, "refuses the contradiction in %j", ([options, message]) => {
      expectRefusal(() => new schedulerClass(options), InvalidConfigError, message);
    });
  });

  it.each(facts.refusedRequests.map((row) => ({ row })))(
    `${className}.setTimesteps refuses, and leaves the run as it was: %j`,
    ({ row: [request, message, options = {}] }) => {
      const scheduler = new schedulerClass({ ...facts.requestOptions, ...options });
      scheduler.setTimesteps({ numInferenceSteps: 5, ...facts.runBefore });
      const runOf = ({ timesteps, sigmas, numInferenceSteps }: typeof scheduler) => {
        return { timesteps, sigmas, numInferenceSteps };
      };
      const before = runOf(scheduler);
      expectRefusal(() => scheduler.setTimesteps(request), InvalidArgumentError, message);
      expect(runOf(scheduler)).toEqual(before);
    },
  );

  if (facts.goldens !== undefined) {
    const { cases } = facts.goldens as DiffusionGoldens;
    it.each(cases)(
      `${className} gives the numbers of diffusers for $request of $config with $stepOptions`,
      (golden) => {
        const model = facts.goldenModel?.(golden.config);
        expectGoldenRun(schedulerClass, golden, model === undefined ? {} : { model });
      },
    );
  }

  const { fullLoops } = facts;
  if (fullLoops !== undefined) {
    it.each(Object.entries(fullLoops.loops))(
      `${className} gives the sum of diffusers' full loop with %s (${fullLoops.test})`,
      (_name, { options, count = 10, start, from, ...figures }) => {
        const scheduler = new schedulerClass({ ...fullLoops.options, ...options });
        if (count > 0) scheduler.setTimesteps({ numInferenceSteps: count });
        const stepOptions = fullLoops.stepOptions?.() ?? { generator: new TorchGenerator(0) };
        const { isScaled = true, sumTolerance } = fullLoops;
        expectSum(fullLoopSum(scheduler, { start, from, isScaled, stepOptions }), figures, sumTolerance);
      },
    );
  }

  describe(`a step of ${className}`, () => {
    const { isCounted = true, beginIndex = 1 } = step;
    const take = (scheduler: Scheduler, timestep = Number(scheduler.timesteps[0]), options?: object) =>
      scheduler.step(patternSample(), timestep, patternSample(), options);

    it("is refused without a run, for other shapes and timesteps, and after the last", () => {
      const warning = vi.spyOn(console, "warn").mockImplementation(() => undefined);
      const scheduler = new schedulerClass(step.options);
      if (step.needsRun)
        expect(() => take(scheduler)).toThrow("found no run, expected a run started by `setTimesteps`");
      scheduler.setTimesteps({ numInferenceSteps: 1 });
      const { timesteps } = scheduler;
      const ofOtherShape = () => scheduler.step(Tensor.zeros([1]), Number(timesteps[0]), patternSample());
      expectRefusal(ofOtherShape, InvalidArgumentError, "expected tensors of one shape");
      for (const [timestep, message] of step.wrongTimesteps ?? []) {
        expectRefusal(() => take(scheduler, timestep), InvalidArgumentError, message);
      }
      for (const timestep of timesteps) take(scheduler, timestep);
      expect(scheduler.stepIndex).toBe(isCounted ? timesteps.length : undefined);
      const end = `found a finished run (${timesteps.length} timesteps)`;
      if (isCounted) expectRefusal(() => take(scheduler), InvalidArgumentError, end);
      expect(warning).toHaveBeenCalledTimes(step.reminds ? 1 : 0);
    });

    describeRows(step.wrongOptions, "is refused for %j", ([options, message]) => {
      vi.spyOn(console, "warn").mockImplementation(() => undefined);
      const scheduler = new schedulerClass(step.options);
      scheduler.setTimesteps({ numInferenceSteps: 4 });
      expectRefusal(() => take(scheduler, undefined, options), InvalidArgumentError, message);
    });

    it("is the first at the begin index, and is the first again in a new run and in a clone", () => {
      vi.spyOn(console, "warn").mockImplementation(() => undefined);
      const scheduler = new schedulerClass(step.options);
      scheduler.setTimesteps({ numInferenceSteps: 4 });
      scheduler.setBeginIndex(beginIndex);
      take(scheduler, Number(scheduler.timesteps[beginIndex]));
      expect(scheduler).toMatchObject({ stepIndex: isCounted ? beginIndex + 1 : undefined, beginIndex });
      const count = scheduler.timesteps.length;
      const beyond = `setBeginIndex: found ${count}, expected an index into the ${count} timesteps.`;
      expectRefusal(() => scheduler.setBeginIndex(count), InvalidArgumentError, beyond);
      const clone = scheduler.clone();
      expect(clone).toBeInstanceOf(schedulerClass);
      const fresh = { stepIndex: undefined, beginIndex: undefined };
      expect(clone).toMatchObject({ ...fresh, config: scheduler.config });
      scheduler.setTimesteps({ numInferenceSteps: 4 });
      expect(scheduler).toMatchObject(fresh);
    });
  });
}

/** What `setTimesteps` refuses that takes a number of steps alone. */
export function takesOnlySteps(maximum = 1000): SchedulerFacts["refusedRequests"] {
  const tooMany = maximum + 1;
  return [
    [{}, "found no option, expected exactly one of `numInferenceSteps`."],
    [{ timesteps: [5] }, "found `timesteps`, expected exactly one of `numInferenceSteps`."],
    [
      { numInferenceSteps: tooMany },
      `numInferenceSteps: found ${tooMany}, expected a whole number from 1 to ${maximum}.`,
    ],
  ];
}

/** Expects that a call throws an error of a class, whose message has these words. */
export function expectRefusal(
  call: () => unknown,
  errorClass: typeof InvalidArgumentError | typeof InvalidConfigError,
  message: string,
): void {
  expect(call).toThrow(errorClass);
  expect(call).toThrow(message);
}

/**
 * Tests that timesteps of one's own give the same as those that the scheduler chose; diffusers' `test_custom_timesteps`.
 *
 * @param configs - Of the schedulers to compare.
 */
export function describeCustomTimesteps(
  schedulerClass: MakeScheduler & { readonly className: string },
  configs: readonly object[],
): void {
  it.each(configs)(
    `${schedulerClass.className} gives the same for timesteps of one's own with %j (test_custom_timesteps)`,
    (config) => {
      const [chosen, given] = [new schedulerClass(config), new schedulerClass(config)];
      chosen.setTimesteps({ numInferenceSteps: 10 });
      // Of second order has each but the first twice.
      given.setTimesteps({ timesteps: [...new Set(chosen.timesteps)] });
      const sums = [chosen, given].map((scheduler) =>
        fullLoopSum(scheduler, { stepOptions: { generator: new TorchGenerator(0) } }),
      );
      expect(sums[1]).toBe(sums[0]);
    },
  );
}

/** Tests that a new run forgets half a step, in a scheduler that evaluates the model twice a step. */
export function describeHalfSteps(
  schedulerClass: new (options?: object) => Scheduler & { readonly stateInFirstOrder: boolean },
): void {
  it("forgets half a step in a new run", () => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const scheduler = new schedulerClass();
    scheduler.setTimesteps({ numInferenceSteps: 2 });
    scheduler.step(patternSample(), Number(scheduler.timesteps[0]), patternSample());
    expect(scheduler.stateInFirstOrder).toBe(false);
    scheduler.setTimesteps({ numInferenceSteps: 2 });
    expect(scheduler.stateInFirstOrder).toBe(true);
  });
}

function describeRows(
  rows: readonly (readonly [options: object, message: string])[] | undefined,
  name: string,
  test: (row: readonly [options: object, message: string]) => void,
): void {
  it.each((rows ?? []).map((row) => ({ row })))(name, ({ row }) => test(row));
}
