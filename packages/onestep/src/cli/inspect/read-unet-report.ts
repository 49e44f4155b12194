import { UnsupportedError } from "@onestep/core";
import type { Repository } from "@onestep/hub";
import {
  completeUNet2DModelConfig,
  listUNet2DModelWeights,
  matchWeights,
  UNet2DModel,
  type UNet2DModelConfig,
  type UNet2DModelConfigValues,
  WeightsMismatchError,
} from "@onestep/models";
import { readUnetConfig } from "@onestep/pipelines";
import type { RepositorySettings } from "../repository-settings.ts";
import { estimateMemory } from "./estimate-memory.ts";
import { chooseWeights, type FoundWeights, findWeights } from "./find-weights.ts";
import type { UnetReport, WeightsFile, WeightsFindings } from "./model-report.ts";

/** What is known of a UNet, and why it cannot be run where it cannot. */
export interface UnetFindings {
  readonly unet: UnetReport | null;
  readonly unsupported: string | null;
  /** The configuration; `null` where it is not of a model that runs here. */
  readonly config: UNet2DModelConfig | null;
}

/**
 * Reads the configuration of a UNet and what is known of its weights. What is valid and not supported is told, not
 * thrown.
 *
 * @param className - Of the component, as `model_index.json` names it.
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

/** Why the weights are not those of the config; `null` where they are, as far as it is known. */
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

/** How many numbers a model of this config has learned. */
export function countParameters(config: UNet2DModelConfigValues): number {
  return listUNet2DModelWeights(config).reduce(
    (count, { shape }) => count + shape.reduce((product, dimension) => product * dimension, 1),
    0,
  );
}

/** What is known of a UNet, put together. */
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
