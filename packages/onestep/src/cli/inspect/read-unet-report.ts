import { UnsupportedError } from "@onestep/core";
import { elementCount } from "@onestep/core/internal";
import { OfflineError, openRepository, type Repository } from "@onestep/hub";
import {
  type Checkpoint,
  completeUNet2DModelConfig,
  listUNet2DModelWeights,
  matchWeights,
  openCheckpoint,
  UNet2DModel,
  type UNet2DModelConfig,
  type UNet2DModelConfigValues,
  WeightsMismatchError,
} from "@onestep/models";
import { readUnetConfig } from "@onestep/pipelines";
import type { RepositorySettings } from "../arguments/repository-options.ts";
import { chooseWeights, openingSettings } from "../images/model-files.ts";
import type { UnetReport, WeightsFile, WeightsFindings } from "./model-report.ts";

/** What is known of a UNet, and why it cannot be run, if so. */
interface UnetFindings {
  readonly unet: UnetReport | null;
  readonly unsupported: string | null;
  /** The config; `null` if the model is not supported. */
  readonly config: UNet2DModelConfig | null;
}

/**
 * Reads a UNet's config and what is known of its weights. Valid but unsupported models are reported, not thrown.
 *
 * @param className - The component's class in `model_index.json`.
 */
export async function readUnetReport(
  repository: Repository,
  className: string,
  settings: RepositorySettings,
): Promise<UnetFindings> {
  if (className !== "UNet2DModel") {
    const unsupported = `its unet is a ${className}, and UNet2DModel is what runs here`;
    return { unet: null, unsupported, config: null };
  }
  const { config: declared, folder } = await readUnetConfig({ repository }, settings);
  try {
    const { weights, tensors, unsupported } = await readWeights(repository, folder, settings);
    const config = completeUNet2DModelConfig(declared, tensors?.keys() ?? []);
    return {
      unet: describeUnet(config, countParameters(config), weights),
      unsupported: unsupported ?? describeMismatch(repository.name, config, tensors),
      config,
    };
  } catch (error) {
    if (!UnsupportedError.isInstance(error)) throw error;
    return { unet: null, unsupported: error.message, config: null };
  }
}

/** Why the weights do not match the config; `null` if they do, as far as known. */
function describeMismatch(
  name: string,
  config: UNet2DModelConfig,
  tensors: FoundWeights["tensors"],
): string | null {
  if (tensors === undefined) return null;
  try {
    matchWeights(`weights of ${name}`, listUNet2DModelWeights(config), tensors, UNet2DModel.definition);
    return null;
  } catch (error) {
    if (!WeightsMismatchError.isInstance(error)) throw error;
    return error.message.split("\n", 1)[0] ?? error.message;
  }
}

async function readWeights(
  repository: Repository,
  folder: string,
  settings: RepositorySettings,
): Promise<FoundWeights & { readonly unsupported: string | null }> {
  try {
    return { ...(await findWeights(repository, folder, settings)), unsupported: null };
  } catch (error) {
    if (!UnsupportedError.isInstance(error)) throw error;
    const paths = chooseWeights((await repository.list(settings)) ?? [], folder, settings.variant);
    const files = paths.map((path) => ({ path, size: null }));
    const weights = { files, isLocal: true, tensors: null, dtypes: null };
    return { weights, tensors: undefined, unsupported: error.message };
  }
}

/** Number of parameters of a model with this config. */
export function countParameters(config: UNet2DModelConfigValues): number {
  return listUNet2DModelWeights(config).reduce((count, { shape }) => count + elementCount(shape), 0);
}

/** Assembles what is known of a UNet. */
export function describeUnet(
  config: UNet2DModelConfigValues,
  parameters: number,
  weights: WeightsFindings,
): UnetReport {
  const [height = 0, width = height] =
    typeof config.sampleSize === "number" ? [config.sampleSize] : (config.sampleSize ?? []);
  const sampleSize = [height, width] as const;
  const size = sumSizes(weights.files) ?? 4 * parameters;
  const isFloat32 = weights.dtypes === null || weights.dtypes.join() === "float32";
  return {
    sampleSize,
    inChannels: config.inChannels,
    outChannels: config.outChannels,
    numClassEmbeds: config.numClassEmbeds,
    blockOutChannels: config.blockOutChannels,
    parameters,
    weights: { ...weights, size },
    estimatedMemory: estimateMemory({ config, sampleSize, parameters, storedBytes: size, isFloat32 }),
  };
}

function sumSizes(files: readonly WeightsFile[]): number | undefined {
  let sum = 0;
  for (const { size } of files) {
    if (size === null) return undefined;
    sum += size;
  }
  return sum;
}

/** The result of {@link findWeights}. */
interface FoundWeights {
  readonly weights: WeightsFindings;
  /** The arrays by name; `undefined` if unknown without fetching the weights. */
  readonly tensors: Checkpoint["tensors"] | undefined;
}

/**
 * Finds out about a UNet's weights without fetching them: from their headers if they are on this machine, otherwise
 * from a file listing.
 *
 * @param folder - The UNet's folder in the repository; `""` for the root.
 * @throws CheckpointError if there are no weights, or a file is damaged.
 * @throws UnsupportedError if their format is not supported.
 */
async function findWeights(
  repository: Repository,
  folder: string,
  settings: RepositorySettings,
): Promise<FoundWeights> {
  const { variant, stateDictKey, signal } = settings;
  // Offline, a file missing on this machine is an error instead of a download.
  const local = await openRepository(repository.name, {
    ...openingSettings(settings),
    revision: repository.commit,
    localFilesOnly: true,
  });
  try {
    const { files, tensors } = await openCheckpoint(local, {
      subfolder: folder,
      variant,
      stateDictKey,
      signal,
    });
    return {
      weights: {
        files: files.map(({ path, size }) => ({ path, size })),
        isLocal: true,
        tensors: tensors.size,
        dtypes: [...new Set([...tensors.values()].map(({ dtype }) => dtype))].sort(),
      },
      tensors,
    };
  } catch (error) {
    if (!OfflineError.isInstance(error)) throw error;
  }
  const paths = chooseWeights((await repository.list({ signal })) ?? [], folder, variant);
  const files = paths.map((path) => ({ path, size: null }));
  return { weights: { files, isLocal: false, tensors: null, dtypes: null }, tensors: undefined };
}

/** Memory of the process before a model is loaded: Node and onnxruntime. */
export const baseBytes = 115_000_000;

/** Number of feature maps of the widest kind live at one time, besides the skip connections. */
const workingMaps = 11;

const float32Bytes = 4;

/** Inputs of {@link estimateMemory}. */
interface MemoryOptions {
  readonly config: UNet2DModelConfigValues;
  /** Height and width of the images in pixels. */
  readonly sampleSize: readonly [number, number];
  readonly parameters: number;
  /** Bytes of the weights files. */
  readonly storedBytes: number;
  /** Whether the weights are stored as float32, in which case they are mapped, not converted. */
  readonly isFloat32: boolean;
}

/**
 * Memory to make one image at a time on a CPU, in bytes: the process, the weights in float32 (plus the stored ones if
 * they have to be converted), the feature maps and the attention scores.
 *
 * An estimate. Its two constants are fitted to the measured peaks of emoji32 (0.13 GB), imagenet64 (1.44 GB) and
 * lsun256 (3.30 GB) on two cores, to within 5 %.
 */
export function estimateMemory(options: MemoryOptions): number {
  const { config, sampleSize, parameters, storedBytes, isFloat32 } = options;
  return (
    baseBytes +
    float32Bytes * parameters +
    (isFloat32 ? 0 : storedBytes) +
    featureMapBytes(config, sampleSize) +
    attentionBytes(config, sampleSize)
  );
}

/** The skip connections, and the live feature maps at full size. */
function featureMapBytes(
  { blockOutChannels, layersPerBlock }: UNet2DModelConfigValues,
  sampleSize: readonly [number, number],
): number {
  const widest = Math.max(blockOutChannels[0] ?? 0, blockOutChannels[1] ?? 0);
  const kept = blockOutChannels.map(
    (channels, level) => (layersPerBlock + 1) * channels * pixelCount(sampleSize, level),
  );
  return (
    float32Bytes * kept.reduce((sum, size) => sum + size, workingMaps * widest * pixelCount(sampleSize, 0))
  );
}

/** The scores of the largest attention, before and after the softmax. */
function attentionBytes(
  { blockOutChannels, downBlockTypes, attentionHeadDim }: UNet2DModelConfigValues,
  sampleSize: readonly [number, number],
): number {
  const scores = blockOutChannels.map((channels, level) => {
    const heads = attentionHeadDim === null ? 1 : channels / attentionHeadDim;
    return downBlockTypes[level]?.includes("Attn") === true ? heads * pixelCount(sampleSize, level) ** 2 : 0;
  });
  return 2 * float32Bytes * Math.max(0, ...scores);
}

function pixelCount([height, width]: readonly [number, number], level: number): number {
  return Math.ceil(height / 2 ** level) * Math.ceil(width / 2 ** level);
}
