import { InvalidArgumentError } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
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
   * Height and width of the images in pixels. Known for the checkpoints that OpenAI published; needed for others, since
   * the arrays do not tell.
   */
  readonly sampleSize?: number | undefined;
  /** Channels of one attention head. Known and needed as `sampleSize` is. */
  readonly attentionHeadDim?: number | undefined;
  /** Number of classes. The arrays tell it; where it is given, it has to be the same. */
  readonly numClassEmbeds?: number | undefined;
  /**
   * Whether fused arrays of attention hold queries, keys and values over all heads one after the other (`true` by default,
   * as in the checkpoints that OpenAI published), or head by head: `false` for a network that was trained with
   * `--use_new_attention_order False`, the default of guided-diffusion. The arrays do not tell, and with the wrong order
   * the images come out wrong.
   */
  readonly useNewAttentionOrder?: boolean | undefined;
  /** The entry to take the arrays from (`"ema"`), where the file holds several sets of them. */
  readonly stateDictKey?: string | undefined;
}

/** Arrays of every network of OpenAI's, by which a prefix of the names is found. */
const knownNames: ReadonlySet<string> = new Set([
  "input_blocks.0.0.weight",
  "input_blocks.0.0.bias",
  "out.2.weight",
  "out.2.bias",
]);

/** An original checkpoint, as diffusers would have it. */
export interface SingleFileCheckpoint {
  readonly config: UNet2DModelConfig;
  readonly checkpoint: Checkpoint;
}

/**
 * Reads an original checkpoint of openai/consistency_models: what network it is of, and its arrays under diffusers'
 * names. The arrays stay where they are.
 *
 * @throws CheckpointError, UnsafePickleError, UnsupportedError see `readTorchFile` and `readSafetensors`.
 * @throws InvalidConfigError, InvalidArgumentError see `inferUNet2DModelConfig`.
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
