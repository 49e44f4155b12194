import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { PythonJson } from "@onestep/core";
import { parsePythonJson } from "@onestep/core/internal/files";
import { listUNet2DModelWeights, unet2DModelConfigSchema } from "@onestep/models";
import type { Architecture } from "./architecture.ts";
import { writeRandomSafetensors } from "./write-random-safetensors.ts";

const seed = 20230303;

/**
 * Makes the folder of a pipeline with random weights, as diffusers lays it out, unless it is there. The same
 * architecture gives the same bytes on every machine.
 */
export async function makeCheckpoint(folder: string, architecture: Architecture): Promise<void> {
  const { unet, scheduler } = architecture;
  if (existsSync(join(folder, "model_index.json"))) return;
  const draft = `${folder}.draft`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(join(draft, "unet"), { recursive: true });
  await mkdir(join(draft, "scheduler"));
  const unetText = formatJson(unet);
  const unetJson: PythonJson = parsePythonJson(unetText, "unet/config.json");
  const weights = listUNet2DModelWeights(unet2DModelConfigSchema.fromJson(unetJson, "unet/config.json"));
  await writeRandomSafetensors(join(draft, "unet", "diffusion_pytorch_model.safetensors"), weights, seed);
  await writeFile(join(draft, "unet", "config.json"), unetText);
  await writeFile(join(draft, "scheduler", "scheduler_config.json"), formatJson(scheduler));
  await writeFile(join(draft, "model_index.json"), formatJson(pipelineIndex(architecture)));
  await mkdir(dirname(folder), { recursive: true });
  await rm(folder, { recursive: true, force: true });
  await rename(draft, folder);
}

function pipelineIndex({ pipeline = "ConsistencyModelPipeline", scheduler, unet }: Architecture): object {
  return {
    _class_name: pipeline,
    _diffusers_version: unet["_diffusers_version"],
    scheduler: ["diffusers", scheduler["_class_name"]],
    unet: ["diffusers", "UNet2DModel"],
  };
}

function formatJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
