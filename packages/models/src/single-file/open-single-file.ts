import { InvalidArgumentError } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import type { OptionNames } from "@onestep/core/internal/known-options";
import type { ReadOptions, RepositoryFile } from "@onestep/hub";
import type { Checkpoint, CheckpointTensor } from "../checkpoint/checkpoint.ts";
import { readWeightsFile } from "../checkpoint/read-weights-file.ts";
import { unwrapNames, warnOfPrefix } from "../checkpoint/unwrap-names.ts";
import type { UNet2DModelConfig } from "../unet-2d/unet-2d-model-config.ts";
import { convertOpenaiTensors } from "./convert-openai-tensors.ts";
import { inferUNet2DModelConfig } from "./infer-unet-2d-model-config.ts";

/** Options of {@link openSingleFile}. */
export interface OpenSingleFileOptions extends ReadOptions {
  /**
   * Height and width of the images in pixels. Known for OpenAI's published checkpoints; required for others, since it
   * cannot be inferred from the arrays.
   */
  readonly sampleSize?: number | undefined;
  /** Channels of one attention head. Required in the same cases as `sampleSize`. */
  readonly attentionHeadDim?: number | undefined;
  /** Number of classes. Inferred from the arrays; must match if given. */
  readonly numClassEmbeds?: number | undefined;
  /**
   * Whether fused attention arrays hold queries, keys and values over all heads in turn (`true` by default, as in OpenAI's
   * published checkpoints), or head by head: `false` for a network trained with `--use_new_attention_order False`,
   * guided-diffusion's default. This cannot be inferred from the arrays, and the wrong order produces wrong images.
   */
  readonly useNewAttentionOrder?: boolean | undefined;
  /** The entry to load (`"ema"`), if the file holds several state dicts. */
  readonly stateDictKey?: string | undefined;
}

/** The names of {@link OpenSingleFileOptions}. */
export const openSingleFileOptionNames: OptionNames<OpenSingleFileOptions> = {
  sampleSize: true,
  attentionHeadDim: true,
  numClassEmbeds: true,
  useNewAttentionOrder: true,
  stateDictKey: true,
  onProgress: true,
  signal: true,
};

/** Arrays of every OpenAI network, used to detect a name prefix. */
const knownNames: ReadonlySet<string> = new Set([
  "input_blocks.0.0.weight",
  "input_blocks.0.0.bias",
  "out.2.weight",
  "out.2.bias",
]);

/** An original checkpoint, converted to diffusers' layout. */
export interface SingleFileCheckpoint {
  readonly config: UNet2DModelConfig;
  readonly checkpoint: Checkpoint;
}

/**
 * Reads an original checkpoint of openai/consistency_models: its architecture, and its arrays under diffusers' names.
 * Array data is not read.
 *
 * @throws CheckpointError, UnsafePickleError, UnsupportedError see `readTorchFile` and `readSafetensors`.
 * @throws InvalidConfigError, InvalidArgumentError see `inferUNet2DModelConfig`.
 *
 * @example
 * const file = await openFile("https://huggingface.co/owner/name/blob/main/cd_imagenet64_l2.pt");
 * const { config } = await openSingleFile(file);
 */
export async function openSingleFile(
  file: RepositoryFile,
  options: OpenSingleFileOptions = {},
): Promise<SingleFileCheckpoint> {
  const { sampleSize, attentionHeadDim, numClassEmbeds, useNewAttentionOrder, stateDictKey, ...readOptions } =
    options;
  const found = await readWeightsFile(file, { ...readOptions, stateDictKey });
  const { storedNames, prefix } = unwrapNames(file.path, found.keys(), knownNames);
  const stored = new Map(
    [...storedNames].map(([name, storedName]) => [name, found.get(storedName) as CheckpointTensor]),
  );
  warnOfPrefix(file.path, prefix);
  const config = inferUNet2DModelConfig(file.path, stored, { sampleSize, attentionHeadDim });
  checkClasses(file.path, config, numClassEmbeds);
  const tensors = convertOpenaiTensors(file.path, stored, config, useNewAttentionOrder);
  return { config, checkpoint: { files: [file], tensors } };
}

function checkClasses(path: string, config: UNet2DModelConfig, numClassEmbeds: number | undefined): void {
  if (numClassEmbeds === undefined || numClassEmbeds === config.numClassEmbeds) return;
  throw new InvalidArgumentError({
    subject: "numClassEmbeds",
    found: describeValue(numClassEmbeds),
    expected: `${config.numClassEmbeds ?? "none"}, the number of classes of ${path}`,
    remedy: "Leave out `numClassEmbeds`: the arrays tell it.",
  });
}
