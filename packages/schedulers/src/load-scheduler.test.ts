import { InvalidConfigError, PythonFloat, UnsupportedError } from "@onestep/core";
import { expect, it, vi } from "vitest";
import { memoryRepository } from "./__fixtures__/memory-repository.ts";
import { findSchedulerClass, loadScheduler, schedulerClasses, schedulerFromJson } from "./load-scheduler.ts";
import { SchedulerBase } from "./scheduler-base.ts";
import { CMStochasticIterativeScheduler } from "./schedulers/cm-stochastic-iterative-scheduler.ts";
import { DDIMScheduler } from "./schedulers/ddim-scheduler.ts";
import { DDPMScheduler } from "./schedulers/ddpm-scheduler.ts";
import { EDMEulerScheduler } from "./schedulers/edm-euler-scheduler.ts";

it("finds schedulers by their names in diffusers", () => {
  expect(findSchedulerClass("CMStochasticIterativeScheduler")).toBe(CMStochasticIterativeScheduler);
  expect(findSchedulerClass("EDMEulerScheduler")).toBe(EDMEulerScheduler);
  expect(findSchedulerClass("RePaintScheduler")).toBeUndefined();
  expect(findSchedulerClass("constructor")).toBeUndefined();
});

it("cannot be added to", () => {
  expect(Object.isFrozen(schedulerClasses)).toBe(true);
});

it("is in the order of the names", () => {
  const names = schedulerClasses.map(({ className }) => className);
  expect(names).toEqual([...names].sort());
});

it.each(schedulerClasses)(
  "$className inherits from SchedulerBase, or from one family of it",
  (schedulerClass) => {
    const ancestors: unknown[] = [];
    for (let each: object = schedulerClass; each !== Function.prototype; each = Object.getPrototypeOf(each)) {
      ancestors.push(each);
    }
    expect(ancestors.at(-1)).toBe(SchedulerBase);
    expect(ancestors.length).toBeLessThanOrEqual(3);
  },
);

it("has every scheduler that there is a file of", () => {
  const files = import.meta.glob("./schedulers/*-scheduler.ts");
  expect(schedulerClasses).toHaveLength(Object.keys(files).length);
});

const names = schedulerClasses.map(({ className }) => className).join(", ");

it("makes the scheduler that the document names", () => {
  const consistency = schedulerFromJson(
    { _class_name: "CMStochasticIterativeScheduler", sigma_max: new PythonFloat(50) },
    "here",
  );
  expect(consistency).toBeInstanceOf(CMStochasticIterativeScheduler);
  expect(consistency.config).toMatchObject({ sigmaMax: 50 });
  expect(schedulerFromJson({ _class_name: "EDMEulerScheduler" }, "here")).toBeInstanceOf(EDMEulerScheduler);
});

it("loads from a repository", async () => {
  const text = '{"_class_name": "CMStochasticIterativeScheduler", "num_train_timesteps": 201}';
  const scheduler = await loadScheduler(memoryRepository({ "scheduler/scheduler_config.json": text }));
  expect(scheduler).toBeInstanceOf(CMStochasticIterativeScheduler);
  expect(scheduler.length).toBe(201);
});

it("names the schedulers there are where it does not know the class", async () => {
  const text = '{"_class_name": "RePaintScheduler"}';
  const loading = loadScheduler(memoryRepository({ "scheduler/scheduler_config.json": text }));
  await expect(loading).rejects.toThrow(UnsupportedError);
  await expect(loading).rejects.toThrow(
    'someone/something: scheduler/scheduler_config.json: found _class_name "RePaintScheduler", expected' +
      ` one of ${names}.`,
  );
});

it.each([
  [[], `here: found [], expected an object whose _class_name is one of ${names}.`],
  [null, "here: found null, expected an object"],
  [{}, "here: found _class_name null, expected an object"],
  [{ _class_name: 3 }, "here: found _class_name 3"],
  [{ _class_name: "EDMEulerScheduler", rho: "7" }, 'here: rho: found "7", expected a number other than 0.'],
  [
    { _class_name: "CMStochasticIterativeScheduler", num_train_timesteps: 1_000_000_000 },
    "here: num_train_timesteps: found 1000000000, expected a whole number from 1 to 1000000.",
  ],
  [
    { _class_name: "CMStochasticIterativeScheduler", sigma_min: 100 },
    "here: found sigma_min 100 above sigma_max 80",
  ],
  [{ _class_name: "EDMEulerScheduler", sigma_min: 100 }, "here: found sigma_min 100 above sigma_max 80"],
])("refuses %j", (document, message) => {
  expect(() => schedulerFromJson(document, "here")).toThrow(InvalidConfigError);
  expect(() => schedulerFromJson(document, "here")).toThrow(message);
});

it("counts the class that it is given, where the file names another or none", async () => {
  for (const text of ['{"_class_name": "DDPMScheduler", "beta_end": 0.03}', '{"beta_end": 0.03}']) {
    const repository = memoryRepository({ "scheduler/scheduler_config.json": text });
    const scheduler = await loadScheduler(repository, { className: "DDIMScheduler" });
    expect(scheduler).toBeInstanceOf(DDIMScheduler);
    expect(scheduler.config).toMatchObject({ betaEnd: 0.03 });
    await expect(loadScheduler(repository, { className: "RePaintScheduler" })).rejects.toThrow(
      "someone/something: scheduler/scheduler_config.json: found RePaintScheduler as the class of it, expected one of",
    );
  }
});

it.each([
  ["DDPMParallelScheduler", DDPMScheduler],
  ["DDIMParallelScheduler", DDIMScheduler],
] as const)("loads a %s as the class whose steps it takes, with a warning", (className, schedulerClass) => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const document = { _class_name: className, beta_end: new PythonFloat(0.03) };
  const scheduler = schedulerFromJson(document, "here");
  expect(scheduler).toBeInstanceOf(schedulerClass);
  expect(scheduler.config).toMatchObject({ betaEnd: 0.03 });
  expect(warn.mock.calls.flat().join()).toContain(
    `here: a ${className} is loaded as a ${schedulerClass.className}`,
  );
});
