import {
  ConsistencyModelImg2ImgPipeline,
  ConsistencyModelInpaintPipeline,
  type DiffusionPipeline,
  type DiffusionPipelineBase,
  findPromptPipelineClass,
  LatentDiffusionPipelineBase,
  type PromptTask,
  UNet2DPipelineBase,
} from "@onestep/pipelines";
import type { ImageTask } from "../job.ts";
import type { ModelCard } from "../service/model-card.ts";

/** The tasks of pipelines with a prompt. A variation is an edit with the strength that changes least of the prompt's meaning. */
const promptTasks: Readonly<Record<ImageTask, PromptTask>> = {
  generation: "text",
  edit: "image",
  variation: "image",
  inpainting: "inpainting",
};

/** The default strength of variations: the composition stays, and details change. */
export const variationStrength = 0.6;

/** The pipeline that does a task with the models of another; undefined if it has none. */
export function pipelineFor(pipe: DiffusionPipelineBase, task: ImageTask): DiffusionPipeline | undefined {
  if (pipe instanceof LatentDiffusionPipelineBase) {
    const pipelineClass = findPromptPipelineClass(pipe.className, promptTasks[task]);
    if (pipelineClass?.className === pipe.className) return pipe as unknown as DiffusionPipeline;
    return derive(pipelineClass, pipe);
  }
  if (task === "generation") return pipe as DiffusionPipeline;
  if (pipe.className !== "ConsistencyModelPipeline") return undefined;
  return derive(
    task === "inpainting" ? ConsistencyModelInpaintPipeline : ConsistencyModelImg2ImgPipeline,
    pipe,
  );
}

function derive(pipelineClass: unknown, pipe: DiffusionPipelineBase): DiffusionPipeline | undefined {
  const derivable = pipelineClass as { fromPipe(pipe: DiffusionPipelineBase): DiffusionPipeline } | undefined;
  return derivable?.fromPipe(pipe);
}

const allTasks: readonly ImageTask[] = ["generation", "edit", "inpainting", "variation"];

/** What is not read from a pipeline. */
export interface CardSettings {
  readonly name: string;
  readonly created: number;
  readonly adapters: readonly string[];
}

/** Describes the model of a pipeline, before it was measured. */
export function describeModel(
  pipe: DiffusionPipelineBase,
  { name, created, adapters }: CardSettings,
): ModelCard {
  const defaults = pipe.constructor as unknown as {
    readonly defaultInferenceSteps?: number;
    readonly defaultGuidanceScale?: number;
  };
  const shared = {
    ...{ name, created, adapters, className: pipe.className },
    tasks: allTasks.filter((task) => pipelineFor(pipe, task) !== undefined),
    defaultSteps: defaults.defaultInferenceSteps ?? 1,
    ...{ secondsPerImage: 1, bestBatch: 1 },
  };
  if (pipe instanceof LatentDiffusionPipelineBase) {
    return {
      ...shared,
      takesPrompt: true,
      // A latent consistency model has its guidance built in.
      takesNegativePrompt: !pipe.className.startsWith("LatentConsistencyModel"),
      ...{ classCount: undefined, labels: {} },
      size: { ...pipe.defaultSize, multiple: Math.max(8, pipe.vae.scaleFactor) },
      defaultGuidanceScale: defaults.defaultGuidanceScale,
      defaultStrength: 0.8,
    };
  }
  const unet = pipe instanceof UNet2DPipelineBase ? pipe : undefined;
  const [width = 0, height = 0] = sampleSizeOf(unet);
  return {
    ...shared,
    ...{ takesPrompt: false, takesNegativePrompt: false, adapters: [] },
    classCount: unet?.unet.config.numClassEmbeds ?? undefined,
    labels: unet?.labels ?? {},
    size: { width, height, multiple: undefined },
    defaultGuidanceScale: undefined,
    defaultStrength: shared.tasks.includes("edit") ? variationStrength : undefined,
  };
}

function sampleSizeOf(pipe: UNet2DPipelineBase | undefined): readonly [width: number, height: number] {
  const size = pipe?.unet.config.sampleSize ?? 0;
  if (typeof size === "number") return [size, size];
  const [height = 0, width = 0] = size;
  return [width, height];
}
