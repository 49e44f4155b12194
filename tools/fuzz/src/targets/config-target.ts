import type { PythonJson } from "@onestep/core";
import { parsePythonJson } from "@onestep/core/internal/files";
import { listUNet2DModelWeights, unet2DModelConfigSchema } from "@onestep/models";
import { parseModelIndex } from "@onestep/pipelines";
import { schedulerClasses, schedulerFromJson } from "@onestep/schedulers";
import fc from "fast-check";
import { type JsonDocument, jsonFiles } from "../arbitraries/json-files.ts";
import type { FuzzTarget } from "../fuzz-target.ts";

const unet: JsonDocument = {
  _class_name: "UNet2DModel",
  _diffusers_version: "0.21.0.dev0",
  act_fn: "silu",
  attention_head_dim: 8,
  block_out_channels: [8, 16],
  center_input_sample: false,
  class_embed_type: null,
  down_block_types: ["ResnetDownsampleBlock2D", "AttnDownBlock2D"],
  downsample_type: "resnet",
  flip_sin_to_cos: true,
  freq_shift: 0,
  in_channels: 3,
  layers_per_block: 1,
  norm_eps: 1e-5,
  norm_num_groups: 4,
  num_class_embeds: 10,
  out_channels: 3,
  resnet_time_scale_shift: "scale_shift",
  sample_size: 8,
  time_embedding_type: "positional",
  up_block_types: ["AttnUpBlock2D", "ResnetUpsampleBlock2D"],
  upsample_type: "resnet",
};

const pipeline: JsonDocument = {
  _class_name: "ConsistencyModelPipeline",
  _diffusers_version: "0.21.0.dev0",
  scheduler: ["diffusers", "CMStochasticIterativeScheduler"],
  unet: ["diffusers", "UNet2DModel"],
};

const consistency: JsonDocument = {
  _class_name: "CMStochasticIterativeScheduler",
  clip_denoised: true,
  num_train_timesteps: 40,
  rho: 7.0,
  s_noise: 1.0,
  sigma_data: 0.5,
  sigma_max: 80.0,
  sigma_min: 0.002,
};

const diffusion: readonly JsonDocument[] = schedulerClasses
  .map(({ className }) => className)
  .filter((className) => className !== consistency["_class_name"])
  .map((className) => ({ _class_name: className, num_train_timesteps: 1000 }));

const values = fc.oneof(
  fc.constantFrom<unknown>("AttnDownBlock2D", "SkipUpBlock2D", "UNet2DModel", "fir", "fourier", "gelu"),
  fc.constantFrom<unknown>([8, 1_000_000_000], [[4, 8]], Array(100).fill(8), "__proto__"),
);

/** The readers of `config.json`, `scheduler_config.json` and `model_index.json`, and the builder of the network. */
export const configTarget: FuzzTarget = {
  name: "configs",
  inputs: jsonFiles([unet, unet, unet, pipeline, consistency, ...diffusion], values),
  read: async (file) => {
    const document = parsePythonJson(await file.text(), "config.json");
    readDocument(document);
    return new Map();
  },
  mayOverlap: false,
};

/** By the fields that only one kind has, since the class may be what is wrong. */
function readDocument(document: PythonJson): void {
  const names = typeof document === "object" && document !== null ? Object.keys(document) : [];
  if (names.includes("block_out_channels") || names.includes("act_fn")) {
    listUNet2DModelWeights(unet2DModelConfigSchema.fromJson(document, "config.json"));
  } else if (names.includes("unet") || names.includes("scheduler")) {
    parseModelIndex(document, "model_index.json");
  } else schedulerFromJson(document, "scheduler_config.json");
}
