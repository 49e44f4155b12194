import { OnestepError } from "@onestep/core";
import { elementCount } from "@onestep/core/internal";
import { componentFolderName, findPromptPipelineClass, type PipelineSource } from "@onestep/pipelines";
import type { RepositorySettings } from "../arguments/repository-options.ts";
import { findWeights } from "../images/model-files.ts";
import { type DescribedModel, describeModel } from "../images/prompt-models.ts";
import type { ComponentReport, MemoryReport } from "./model-report.ts";
import { baseBytes } from "./read-unet-report.ts";

/** What is known of a text-to-image model without its weights. */
export interface PromptFindings {
  readonly models: readonly ComponentReport[];
  /** Bytes for one image of the model's own size, by device; `null` if a config is not understood. */
  readonly memory: MemoryReport | null;
  /** Height and width of the images by default. */
  readonly imageSize: readonly [number, number] | null;
  readonly defaultSteps: number | null;
  readonly unsupported: string | null;
}

/** Reads the components of a text-to-image model from configs and the file list, without weights. */
export async function readComponentReports(
  source: PipelineSource,
  settings: RepositorySettings,
): Promise<PromptFindings> {
  const { repository, modelIndex } = source;
  const { signal } = settings;
  const pipelineClass = findPromptPipelineClass(modelIndex.className, "text");
  const slots = Object.keys(pipelineClass?.components ?? {}).map(componentFolderName);
  const paths = (await repository.list({ signal })) ?? [];
  const models: ComponentReport[] = [];
  const described = new Map<string, DescribedModel>();
  let unsupported: string | null = null;
  for (const [name, { className }] of modelIndex.components) {
    let model: DescribedModel | undefined;
    try {
      model = await describeModel(source, name, className, settings);
    } catch (error) {
      if (!OnestepError.isInstance(error)) throw error;
      if (slots.includes(name)) unsupported ??= error.message;
    }
    if (model !== undefined) described.set(name, model);
    const weightsNames = model?.definition.weightsNames;
    const own = paths.filter((path) => path.startsWith(`${name}/`));
    const chosen =
      model === undefined ? own : findWeights(paths, model.folder, settings.variant, weightsNames);
    const files = await Promise.all(
      chosen.map(async (path) => ({ path, size: (await repository.sizeOf?.(path, { signal })) ?? null })),
    );
    models.push({
      name,
      className,
      isUsed: slots.includes(name),
      parameters: model?.weights.reduce((count, { shape }) => count + elementCount(shape), 0) ?? null,
      files,
      size: files.reduce<number | null>(
        (sum, { size }) => (sum === null || size === null ? null : sum + size),
        0,
      ),
      variants: listVariants(own),
    });
  }
  const imageSize = sizeOf(described);
  return {
    models,
    memory: imageSize === null ? null : estimateMemory(models, described, imageSize),
    imageSize,
    defaultSteps: pipelineClass?.defaultInferenceSteps ?? null,
    unsupported,
  };
}

const variantName =
  /\/(?:diffusion_pytorch_model|model|pytorch_model)\.([\w-]+?)(?:-\d{5}-of-\d{5})?\.(?:safetensors|bin)$/;

function listVariants(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.flatMap((path) => variantName.exec(path)?.[1] ?? []))].sort();
}

interface SizedConfig {
  readonly sampleSize?: number | readonly number[] | null;
  readonly blockOutChannels?: readonly number[];
  readonly encoderBlockOutChannels?: readonly number[];
}

/** Stable Diffusion 1.4 and older omit it, and were trained at 64. */
const usualLatentSize = 64;

function sizeOf(models: ReadonlyMap<string, DescribedModel>): readonly [number, number] | null {
  const unet = models.get("unet")?.config as SizedConfig | undefined;
  const vae = models.get("vae")?.config as SizedConfig | undefined;
  if (unet === undefined || vae === undefined) return null;
  const channels = vae.encoderBlockOutChannels ?? vae.blockOutChannels ?? [];
  const factor = 2 ** Math.max(0, channels.length - 1);
  const { sampleSize } = unet;
  const [height = usualLatentSize, width = height] =
    typeof sampleSize === "number" ? [sampleSize] : (sampleSize ?? []);
  return [height * factor, width * factor];
}

const float32Bytes = 4;
const float16Bytes = 2;

/** Maximum size of one model in onnxruntime-web. */
const wasmBytes = 3.5 * 2 ** 30;

/**
 * An estimate: the process, all weights as the device holds them, and the two maps of the decoder's last block at full
 * size, which exceed the UNet's activations. float16 weights stay float16 on a GPU and become float32 elsewhere.
 */
function estimateMemory(
  models: readonly ComponentReport[],
  described: ReadonlyMap<string, DescribedModel>,
  [height, width]: readonly [number, number],
): MemoryReport {
  const used = models.filter(({ isUsed, parameters }) => isUsed && parameters !== null);
  const parameters = used.map((model) => model.parameters ?? 0);
  const vae = described.get("vae")?.config as SizedConfig | undefined;
  const channels = (vae?.blockOutChannels ?? vae?.encoderBlockOutChannels)?.[0] ?? 0;
  const maps = 2 * float32Bytes * channels * height * width;
  const full = parameters.reduce((sum, count) => sum + float32Bytes * count, 0);
  const onGpu = used.reduce((sum, { parameters: count, size }) => {
    const isHalf = size !== null && count !== null && size < 3 * count;
    return sum + (isHalf ? float16Bytes : float32Bytes) * (count ?? 0);
  }, 0);
  const isTooLarge = parameters.some((count) => float32Bytes * count > wasmBytes);
  return {
    cpu: baseBytes + full + maps,
    wasm: isTooLarge ? null : baseBytes + full + maps,
    webgpu: baseBytes + onGpu + maps,
  };
}
