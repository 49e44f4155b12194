import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DDIMScheduler } from "@onestep/schedulers";
import { expect, it, onTestFinished, vi } from "vitest";
import { savedCheckpoint } from "../__fixtures__/saved-checkpoint.ts";
import { DiffusionPipeline } from "../diffusion-pipeline.ts";
import { DDPMPipeline } from "./ddpm-pipeline.ts";

const short = { seed: 0, numInferenceSteps: 3, outputType: "tensor" } as const;

it("a DDPMPipeline saves what is loaded by its name again, with the scheduler that it has now", async () => {
  const folder = await mkdtemp(join(tmpdir(), "onestep-ddpm-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await using other = await DDPMPipeline.fromPretrained(savedCheckpoint("ddpm"), { threads: 1 });
  other.scheduler = DDIMScheduler.fromConfig(other.scheduler.config);
  await other.savePretrained(folder);
  const index = JSON.parse(await readFile(join(folder, "model_index.json"), "utf8"));
  expect(index).toMatchObject({ _class_name: "DDPMPipeline", scheduler: ["diffusers", "DDIMScheduler"] });
  vi.spyOn(console, "warn").mockImplementation(() => undefined); // DDIMScheduler has no `variance_type`.
  await using loaded = await DiffusionPipeline.fromPretrained(folder);
  expect(loaded).toBeInstanceOf(DDPMPipeline);
  expect((await loaded.generate(short)).images).toEqual((await other.generate(short)).images);
});
