import * as core from "@onestep/core";
import * as graph from "@onestep/graph";
import * as hub from "@onestep/hub";
import * as models from "@onestep/models";
import * as pipelines from "@onestep/pipelines";
import * as runtime from "@onestep/runtime";
import * as schedulers from "@onestep/schedulers";
import { describe, expect, it } from "vitest";
import * as onestep from "./index.ts";

const packages = { core, graph, hub, models, pipelines, runtime, schedulers };
const exports = new Map<string, unknown>(Object.entries(onestep));

const needed = Object.entries(packages).flatMap(([name, contents]) =>
  Object.entries(contents)
    .filter(([exportName, value]) => typeof value === "function" && isForUsers(exportName, value))
    .map(([exportName, value]) => ({ name, exportName, value })),
);

/** Errors, which users catch, and classes that diffusers has too. */
function isForUsers(exportName: string, value: object): boolean {
  const isError = "prototype" in value && value.prototype instanceof Error;
  return isError || /(Pipeline|Model|Scheduler)$/.test(exportName);
}

describe("the package onestep", () => {
  it.each(needed)("exports $exportName of $name", ({ exportName, value }) => {
    expect(exports.get(exportName)).toBe(value);
  });

  it("exports what the documentation works with", () => {
    expect(onestep).toMatchObject({
      ConsistencyModelPipeline: pipelines.ConsistencyModelPipeline,
      DiffusionPipeline: pipelines.DiffusionPipeline,
      UNet2DModel: models.UNet2DModel,
      CMStochasticIterativeScheduler: schedulers.CMStochasticIterativeScheduler,
      EDMEulerScheduler: schedulers.EDMEulerScheduler,
      TorchGenerator: core.TorchGenerator,
      Tensor: core.Tensor,
      RasterImage: core.RasterImage,
      openRepository: hub.openRepository,
    });
  });

  it("exports nothing that its packages do not have", () => {
    const all = new Set(Object.values(packages).flatMap((contents) => Object.values<unknown>(contents)));
    expect([...exports].filter(([, value]) => !all.has(value))).toEqual([]);
  });
});
