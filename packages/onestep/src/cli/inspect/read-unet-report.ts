import { UnsupportedError } from "@onestep/core";
import { parsePythonJson } from "@onestep/core/files";
import type { Repository } from "@onestep/hub";
import {
  completeUNet2DModelConfig,
  listUNet2DModelWeights,
  type UNet2DModelConfigValues,
  unet2DModelConfigSchema,
} from "@onestep/models";
import { findComponentFolder } from "@onestep/pipelines";
import type { RepositorySettings } from "../repository-settings.ts";
import { estimateMemory } from "./estimate-memory.ts";
import { chooseWeights, type FoundWeights, findWeights } from "./find-weights.ts";
import type { UnetReport, WeightsFile, WeightsFindings } from "./model-report.ts";

/** What is known of a UNet, and why it cannot be run where it cannot. */
export interface UnetFindings {
  readonly unet: UnetReport | null;
  readonly unsupported: string | null;
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
    return { unet: null, unsupported: `its unet is a ${className}, and UNet2DModel is what runs here` };
  }
  const { signal, onProgress } = settings;
  const folder = await findComponentFolder(repository, "unet", "config.json", { signal, onProgress });
  const path = folder === "" ? "config.json" : `${folder}/config.json`;
  const file = await repository.get(path, { signal, onProgress });
  const source = `${file.path} of ${repository.name}`;
  const declared = unet2DModelConfigSchema.fromJson(
    parsePythonJson(await file.text({ signal }), source),
    source,
  );
  try {
    const { weights, tensorNames, unsupported } = await readWeights(repository, folder, settings);
    const config = completeUNet2DModelConfig(declared, tensorNames);
    return { unet: describeUnet(config, countParameters(config), weights), unsupported };
  } catch (error) {
    if (!UnsupportedError.isInstance(error)) throw error;
    return { unet: null, unsupported: error.message };
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
    return { weights, tensorNames: [], unsupported: error.message };
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
