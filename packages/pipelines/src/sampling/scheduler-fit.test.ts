import { parsePythonJson } from "@onestep/core/internal/files";
import {
  CMStochasticIterativeScheduler,
  DDIMInverseScheduler,
  DDIMScheduler,
  DDPMScheduler,
  EDMEulerScheduler,
  EulerDiscreteScheduler,
  HeunDiscreteScheduler,
  IPNDMScheduler,
  type Scheduler,
  type SchedulerClass,
  ScoreSdeVeScheduler,
  schedulerClasses,
} from "@onestep/schedulers";
import { describe, expect, it } from "vitest";
import { describeMisfit } from "./scheduler-fit.ts";

describe("describeMisfit", () => {
  const consistency = new CMStochasticIterativeScheduler();
  const ddpm = new DDPMScheduler();
  const consistencyPipeline = { pipeline: "ConsistencyModelPipeline", process: "edm" } as const;
  const diffusionPipeline = { pipeline: "DDPMPipeline", process: "betas" } as const;

  it.each([
    [consistencyPipeline, consistency, consistency],
    [consistencyPipeline, consistency, EDMEulerScheduler.fromConfig(consistency.config)],
    [diffusionPipeline, ddpm, DDIMScheduler.fromConfig(ddpm.config)],
    [diffusionPipeline, ddpm, new EulerDiscreteScheduler({ timestepSpacing: "trailing" })],
  ] as const)("has nothing to say of a scheduler that fits: %#", (pipeline, original, scheduler) => {
    expect(describeMisfit({ ...pipeline, original, scheduler })).toBeUndefined();
  });

  it("tells of a schedule of betas on a consistency model", () => {
    const scheduler = DDIMScheduler.fromConfig(consistency.config);
    expect(describeMisfit({ ...consistencyPipeline, original: consistency, scheduler })).toBe(
      "DDIMScheduler does not fit the model of this ConsistencyModelPipeline: it undoes a schedule of betas (DDPM and its relatives), and the model was trained with noise levels σ with the preconditioning of EDM (consistency and EDM models). The output will be noise. Use a scheduler of that kind.",
    );
  });

  it("tells of noise levels on a DDPM", () => {
    const describe = (scheduler: Scheduler) =>
      describeMisfit({ ...diffusionPipeline, original: ddpm, scheduler });
    expect(describe(consistency)).toContain("it undoes noise levels σ with the preconditioning of EDM");
    expect(describe(new ScoreSdeVeScheduler())).toContain(
      "it undoes noise levels σ of a variance-exploding SDE",
    );
    expect(describe(new IPNDMScheduler())).toContain(
      "it undoes times from 1 to 0, and predictions of velocities",
    );
  });

  it("tells of other betas and predictions than those of training, and how to take them over", () => {
    const original = new DDPMScheduler({ predictionType: "v_prediction" });
    const scheduler = HeunDiscreteScheduler.fromConfig(original.config);
    expect(describeMisfit({ ...diffusionPipeline, original, scheduler })).toBe(
      "HeunDiscreteScheduler does not fit the model of this DDPMPipeline: it has betaStart 0.00085, where the model was trained with 0.0001; betaEnd 0.012, where the model was trained with 0.02. Make it with `HeunDiscreteScheduler.fromConfig(config, { betaStart: 0.0001, betaEnd: 0.02 })`; what a config leaves to defaults, another class has its own defaults for.",
    );
    const other = new DDIMScheduler();
    expect(describeMisfit({ ...diffusionPipeline, original, scheduler: other })).toContain(
      '{ predictionType: "v_prediction" }',
    );
  });

  describe("of a model that was trained down to noise alone (zero terminal SNR)", () => {
    const options = { rescaleBetasZeroSnr: true, predictionType: "v_prediction" } as const;
    const original = new DDIMScheduler(options);
    const classes = schedulerClasses.filter(
      (one) => one.className !== "DDIMInverseScheduler" && one.fromConfig({}).noiseProcess === "betas",
    );
    const without = classes.filter(({ schema }) => !("rescaleBetasZeroSnr" in schema.fields));
    const having = classes.filter(({ schema }) => "rescaleBetasZeroSnr" in schema.fields);
    const describe = (scheduler: Scheduler, own: Scheduler = original) =>
      describeMisfit({ ...diffusionPipeline, original: own, scheduler });
    const fromFile = (schedulerClass: SchedulerClass, rescale: string) => {
      const text = `{ "_class_name": "DDIMScheduler", "beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "linear", "prediction_type": "v_prediction", "rescale_betas_zero_snr": ${rescale} }`;
      return schedulerClass.fromJson(parsePythonJson(text, "file"), "file");
    };

    it.each(without)("says that a $className cannot begin there", (schedulerClass) => {
      const words = `${schedulerClass.className} does not fit the model of this DDPMPipeline: it has no rescaleBetasZeroSnr, which is true in the config of the model's scheduler. Take a scheduler that has rescaleBetasZeroSnr, such as DDIMScheduler, EulerDiscreteScheduler or DPMSolverMultistepScheduler.`;
      for (const value of ["true", "1", "1.0"]) {
        const scheduler = fromFile(schedulerClass, value);
        expect(describe(scheduler)).toBe(words);
        // Read from the model's own file, it is the only one there is.
        expect(describe(scheduler, scheduler)).toBe(words);
      }
    });

    it.each(without)("says nothing of a $className where the file says false", (schedulerClass) => {
      for (const value of ["false", "0", "null"]) {
        const scheduler = fromFile(schedulerClass, value);
        expect(describe(scheduler, scheduler)).toBeUndefined();
      }
    });

    it.each(having)("says how to make a $className that can", (schedulerClass) => {
      const [fitting, plain] = [fromFile(schedulerClass, "true"), fromFile(schedulerClass, "false")];
      expect(describe(fitting)).toBeUndefined();
      expect(describe(plain)).toContain(
        `it has rescaleBetasZeroSnr false, where the model was trained with true. Make it with \`${schedulerClass.className}.fromConfig(config, { rescaleBetasZeroSnr: true })\``,
      );
      expect(describe(fitting, plain)).toContain(
        "rescaleBetasZeroSnr true, where the model was trained with false",
      );
    });
  });

  const families = schedulerClasses.map((schedulerClass) => ({
    schedulerClass,
    className: schedulerClass.className,
    process: schedulerClass.fromConfig({}).noiseProcess,
  }));
  const relatives = families.filter(({ process }) => process === "edm");
  const strangers = families.filter(({ process }) => process !== "edm");

  it.each(strangers)(
    "tells of a $className, made by itself, on a consistency model",
    ({ schedulerClass }) => {
      const scheduler = schedulerClass.fromConfig({});
      for (const original of [consistency, scheduler]) {
        expect(describeMisfit({ ...consistencyPipeline, original, scheduler })).toContain(
          "and the model was trained with noise levels σ with the preconditioning of EDM",
        );
      }
    },
  );

  it.each(relatives)(
    "tells of the scale of timesteps of a $className, made by itself, on a consistency model",
    ({ schedulerClass, className }) => {
      const scheduler = schedulerClass.fromConfig({});
      const words =
        className === "CMStochasticIterativeScheduler"
          ? undefined
          : `${className} does not fit the model of this ConsistencyModelPipeline: it has timestepScale 1, where the model was trained with 1000. Make it with \`${className}.fromConfig(config, { timestepScale: 1000 })\`; what a config leaves to defaults, another class has its own defaults for.`;
      // Assigned, given with the model, and assigned after another that does not fit either.
      for (const original of [consistency, scheduler, ddpm]) {
        expect(describeMisfit({ ...consistencyPipeline, original, scheduler })).toBe(words);
      }
      const fitting = schedulerClass.fromConfig(consistency.config);
      for (const original of [consistency, scheduler, fitting, ddpm]) {
        expect(describeMisfit({ ...consistencyPipeline, original, scheduler: fitting })).toBeUndefined();
      }
    },
  );

  it("takes a scale that the scheduler of the model says for that of the model", () => {
    const original = new EDMEulerScheduler({ timestepScale: 500 });
    const describe = (scheduler: Scheduler) =>
      describeMisfit({ ...consistencyPipeline, original, scheduler });
    expect(describe(original)).toBeUndefined();
    expect(describe(EDMEulerScheduler.fromConfig(original.config))).toBeUndefined();
    expect(describe(new EDMEulerScheduler({ timestepScale: 1000 }))).toContain(
      "it has timestepScale 1000, where the model was trained with 500",
    );
  });

  it("tells of one that goes from images to noise", () => {
    const scheduler = DDIMInverseScheduler.fromConfig(ddpm.config);
    expect(describeMisfit({ ...diffusionPipeline, original: ddpm, scheduler })).toBe(
      "DDIMInverseScheduler does not fit this DDPMPipeline: it goes from images to noise, and the pipeline from noise to images. Take DDIMScheduler; to invert an image, call the scheduler's `step` yourself.",
    );
    const others = families.filter(({ className }) => className !== "DDIMInverseScheduler");
    for (const { schedulerClass } of others) {
      const words = describeMisfit({
        ...diffusionPipeline,
        original: ddpm,
        scheduler: schedulerClass.fromConfig({}),
      });
      expect(words ?? "").not.toContain("from images to noise");
    }
  });

  it("says nothing of a scheduler of somebody's own", () => {
    const scheduler = Object.assign(new DDPMScheduler(), { config: {}, noiseProcess: undefined });
    expect(describeMisfit({ ...consistencyPipeline, original: consistency, scheduler })).toBeUndefined();
  });
});

it("every scheduler of the package tells its process", () => {
  const processes = schedulerClasses.map((schedulerClass) => schedulerClass.fromConfig({}).noiseProcess);
  expect(processes).not.toContain(undefined);
});
