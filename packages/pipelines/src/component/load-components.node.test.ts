import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvalidArgumentError, UnsupportedError } from "@onestep/core";
import {
  DDIMScheduler,
  DDPMScheduler,
  EulerDiscreteScheduler,
  PNDMScheduler,
  type Scheduler,
} from "@onestep/schedulers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { writePipeline } from "../__fixtures__/write-pipeline.ts";
import { zeroPipeline } from "../__fixtures__/zero-pipeline.ts";
import { DDIMPipeline } from "../unconditional/ddim-pipeline.ts";
import { DDPMPipeline } from "../unconditional/ddpm-pipeline.ts";

type Json = Record<string, unknown>;

let folder: string;
let saved: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-components-"));
  saved = join(folder, "saved");
  await writePipeline(folder, {
    ...zeroPipeline(),
    className: "DDPMPipeline",
    scheduler: { _class_name: "DDPMScheduler", beta_end: 0.03 },
  });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function change(path: string, edit: (json: Json) => void): Promise<void> {
  const json = JSON.parse(await readFile(join(folder, path), "utf8")) as Json;
  edit(json);
  await writeFile(join(folder, path), JSON.stringify(json));
}

async function savedIndex(): Promise<Json> {
  return JSON.parse(await readFile(join(saved, "model_index.json"), "utf8")) as Json;
}

describe("the class of the scheduler", () => {
  it.each([
    ["DDIMScheduler", DDIMScheduler],
    ["EulerDiscreteScheduler", EulerDiscreteScheduler],
    ["PNDMScheduler", PNDMScheduler],
  ] as const)("is that of the index, where the file names another: %s", async (className, schedulerClass) => {
    await change("model_index.json", (index) => {
      index["scheduler"] = ["diffusers", className];
    });
    await using pipe = await DDPMPipeline.fromPretrained(folder);
    expect(pipe.scheduler).toBeInstanceOf(schedulerClass);
    expect(pipe.scheduler.config).toMatchObject({ betaEnd: 0.03 });
  });

  it("is that of the index, where the file names none", async () => {
    await change("scheduler/scheduler_config.json", (config) => {
      delete config["_class_name"];
    });
    await using pipe = await DDPMPipeline.fromPretrained(folder);
    expect(pipe.scheduler).toBeInstanceOf(DDPMScheduler);
  });

  it("does not matter where the caller brings a scheduler", async () => {
    await change("model_index.json", (index) => {
      index["scheduler"] = ["my_library", "MyScheduler"];
    });
    await expect(DDPMPipeline.fromPretrained(folder)).rejects.toThrow(UnsupportedError);
    await rm(join(folder, "scheduler"), { recursive: true });
    await using pipe = await DDPMPipeline.fromPretrained(folder, { scheduler: new DDIMScheduler() });
    expect(pipe.scheduler).toBeInstanceOf(DDIMScheduler);
  });
});

it("refuses a scheduler that is none before anything is loaded", async () => {
  const scheduler = DDIMScheduler as unknown as Scheduler;
  const onProgress = vi.fn();
  const loading = DDPMPipeline.fromPretrained(folder, { scheduler, onProgress });
  await expect(loading).rejects.toThrow("scheduler: found the class DDIMScheduler, expected a scheduler");
  expect(onProgress).not.toHaveBeenCalledWith(expect.objectContaining({ type: "component-start" }));
});

describe("components that a pipeline does not run", () => {
  it("are named in a warning, with the class that may need them, and not saved", async () => {
    await change("model_index.json", (index) => {
      Object.assign(index, {
        _class_name: "LDMPipeline",
        vqvae: ["diffusers", "VQModel"],
        safety: [null, null],
      });
    });
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    await using pipe = await DDPMPipeline.fromPretrained(folder);
    const text = warn.mock.calls.flat().join("\n");
    expect(text).toContain("names vqvae (VQModel), which DDPMPipeline does not run");
    expect(text).toContain("The repository is that of a LDMPipeline, whose images may need it.");
    await pipe.savePretrained(saved);
    const index = await savedIndex();
    expect(index).toMatchObject({ _class_name: "DDPMPipeline", safety: [null, null] });
    expect(Object.keys(index)).not.toContain("vqvae");
    await using again = await DDPMPipeline.fromPretrained(saved);
    expect(again.unet.config).toEqual(pipe.unet.config);
  });

  it("are none where there are none", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    await using pipe = await DDIMPipeline.fromPretrained(folder);
    expect(pipe.scheduler).toBeInstanceOf(DDIMScheduler);
    expect(warn).not.toHaveBeenCalled();
  });
});

describe("what is saved", () => {
  it("keeps the library of a component that stayed, and what else the index holds", async () => {
    await change("model_index.json", (index) => {
      index["unet"] = ["my_library", "UNet2DModel"];
      index["requires_safety_checker"] = false;
    });
    await using pipe = await DDPMPipeline.fromPretrained(folder);
    pipe.scheduler = DDIMScheduler.fromConfig(pipe.scheduler.config);
    await pipe.savePretrained(saved);
    expect(await savedIndex()).toMatchObject({
      requires_safety_checker: false,
      scheduler: ["diffusers", "DDIMScheduler"],
      unet: ["my_library", "UNet2DModel"],
    });
  });

  it("names the class that a parallel scheduler was loaded as", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    await change("model_index.json", (index) => {
      index["scheduler"] = ["diffusers", "DDPMParallelScheduler"];
    });
    await using pipe = await DDPMPipeline.fromPretrained(folder);
    await pipe.savePretrained(saved);
    expect(await savedIndex()).toMatchObject({ scheduler: ["diffusers", "DDPMScheduler"] });
  });

  it("is nothing, where the scheduler is of a class of one's own", async () => {
    await using pipe = await DDPMPipeline.fromPretrained(folder);
    const inner = pipe.scheduler;
    const methods = {
      clone: () => inner.clone(),
      scaleModelInput: inner.scaleModelInput.bind(inner),
      setTimesteps: inner.setTimesteps.bind(inner),
      step: inner.step.bind(inner),
    };
    class OwnScheduler {
      readonly config = { own: 1 };
    }
    const owns = [
      { config: { own: 1 }, ...methods },
      Object.assign(new OwnScheduler(), methods),
      { config: {}, ...methods },
    ];
    for (const own of owns) {
      pipe.scheduler = own as unknown as Scheduler;
      await expect(pipe.savePretrained(saved)).rejects.toThrow(InvalidArgumentError);
      await expect(pipe.savePretrained(saved)).rejects.toThrow(
        "The scheduler of this pipeline cannot be saved so that it loads again: its config names no class of diffusers.",
      );
    }
    expect(await readdir(folder)).not.toContain("saved");
  });
});
