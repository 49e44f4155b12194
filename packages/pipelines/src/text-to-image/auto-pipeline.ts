import { InvalidArgumentError, UnsupportedError } from "@onestep/core";
import type { RepositoryLocation } from "@onestep/hub";
import {
  type LoadPipelineOptions,
  openPipelineSource,
  type PipelineSource,
  requireLoadOptions,
} from "../component/load-components.ts";
import type { DiffusionPipelineBase } from "../pipeline.ts";
import type { PipelineConstructor } from "../pipeline-types.ts";
import {
  LatentConsistencyModelImg2ImgPipeline,
  LatentConsistencyModelPipeline,
} from "./latent-consistency-model-pipeline.ts";
import {
  StableDiffusionImg2ImgPipeline,
  StableDiffusionInpaintPipeline,
  StableDiffusionPipeline,
} from "./stable-diffusion-pipeline.ts";
import {
  StableDiffusionXLImg2ImgPipeline,
  StableDiffusionXLInpaintPipeline,
  StableDiffusionXLPipeline,
} from "./stable-diffusion-xl-pipeline.ts";

/** A text-to-image pipeline. */
export type TextToImagePipeline =
  | LatentConsistencyModelPipeline
  | StableDiffusionPipeline
  | StableDiffusionXLPipeline;

/** An image-to-image pipeline. */
export type ImageToImagePipeline =
  | LatentConsistencyModelImg2ImgPipeline
  | StableDiffusionImg2ImgPipeline
  | StableDiffusionXLImg2ImgPipeline;

/** An inpainting pipeline. */
export type InpaintingPipeline = StableDiffusionInpaintPipeline | StableDiffusionXLInpaintPipeline;

/** The static side of a pipeline class, as needed to select it. */
interface PickedClass<Pipeline> {
  readonly className: string;
  fromSource(source: Awaited<ReturnType<typeof openPipelineSource>>, options?: object): Promise<Pipeline>;
  fromPipe(pipe: DiffusionPipelineBase, parts?: object): Pipeline;
}

/** The class for each task, by family; diffusers' tables in `pipelines/auto_pipeline.py`. */
const families = {
  StableDiffusion: {
    text: StableDiffusionPipeline,
    image: StableDiffusionImg2ImgPipeline,
    inpainting: StableDiffusionInpaintPipeline,
  },
  LatentConsistencyModel: {
    text: LatentConsistencyModelPipeline,
    image: LatentConsistencyModelImg2ImgPipeline,
    inpainting: undefined,
  },
  StableDiffusionXL: {
    text: StableDiffusionXLPipeline,
    image: StableDiffusionXLImg2ImgPipeline,
    inpainting: StableDiffusionXLInpaintPipeline,
  },
} as const;

/** The constructor argument of a pipeline with a prompt. */
export type PromptTask = "text" | "image" | "inpainting";

/** The static side of a pipeline with a prompt. */
export interface PromptPipelineClass extends PipelineConstructor {
  /** The class name in `model_index.json`. */
  readonly className: string;
  /** The default of `numInferenceSteps`. */
  readonly defaultInferenceSteps: number;
  /** The default of `guidanceScale`. */
  readonly defaultGuidanceScale: number;
  /** The default of `strength`, if the pipeline has it. */
  readonly defaultStrength?: number;
  /** Loads a pipeline from an open repository. */
  fromSource(source: PipelineSource, options?: object): Promise<DiffusionPipelineBase>;
}

/** The class for a task in another class's family; undefined if the family has none, or is not supported. */
export function findPromptPipelineClass(
  className: string,
  task: PromptTask,
): PromptPipelineClass | undefined {
  return familyOf(className)?.[task] as PromptPipelineClass | undefined;
}

function familyOf(className: string): (typeof families)[keyof typeof families] | undefined {
  const family = /^(\w*?)(?:Img2Img|Inpaint)?Pipeline$/.exec(className)?.[1] ?? "";
  return Object.hasOwn(families, family) ? families[family as keyof typeof families] : undefined;
}

/** Selects a task's pipeline class by the model of a repository or pipeline. */
export interface AutoPipeline<Pipeline> {
  /**
   * Loads a repository with the class for this task, whichever class of the family it names.
   *
   * @throws UnsupportedError if the family has none.
   */
  fromPretrained(source: RepositoryLocation, options?: LoadPipelineOptions): Promise<Pipeline>;
  /**
   * Creates a pipeline for this task from the components of another, without reloading them.
   *
   * @throws UnsupportedError if the family has none.
   */
  fromPipe(pipe: DiffusionPipelineBase, parts?: object): Pipeline;
}

function autoPipeline<Pipeline>(name: string, task: PromptTask): AutoPipeline<Pipeline> {
  const pick = (className: string): PickedClass<Pipeline> => {
    const classes = familyOf(className);
    const found: unknown = classes?.[task];
    if (found !== undefined) return found as PickedClass<Pipeline>;
    const known = Object.values(families).flatMap((other) => other[task]?.className ?? []);
    throw new UnsupportedError({
      subject: name,
      found: `a ${className}`,
      expected: `a model of ${known.join(", ")}, or of another class of theirs`,
      remedy:
        classes === undefined
          ? "Load another model."
          : "Use StableDiffusionInpaintPipeline with its components.",
    });
  };
  return {
    async fromPretrained(source, options = {}) {
      if (source === undefined || source === null) throw missingSource(name);
      requireLoadOptions(name, options, ...promptPipelineClasses);
      const opened = await openPipelineSource(source, options);
      return pick(opened.modelIndex.className).fromSource(opened, options);
    },
    fromPipe: (pipe, parts) => pick(pipe.className).fromPipe(pipe, parts),
  };
}

function missingSource(name: string): InvalidArgumentError {
  return new InvalidArgumentError({
    subject: `${name}.fromPretrained`,
    found: "no model",
    expected: "a Hub id, a folder, or a URL of a folder",
    remedy: 'Pass one, for example "SimianLuo/LCM_Dreamshaper_v7".',
  });
}

/** Text to image with any supported model; diffusers' `AutoPipelineForText2Image`. */
export const AutoPipelineForText2Image: AutoPipeline<TextToImagePipeline> = autoPipeline(
  "AutoPipelineForText2Image",
  "text",
);

/** Image to image with any supported model; diffusers' `AutoPipelineForImage2Image`. */
export const AutoPipelineForImage2Image: AutoPipeline<ImageToImagePipeline> = autoPipeline(
  "AutoPipelineForImage2Image",
  "image",
);

/** Inpainting with any supported model; diffusers' `AutoPipelineForInpainting`. */
export const AutoPipelineForInpainting: AutoPipeline<InpaintingPipeline> = autoPipeline(
  "AutoPipelineForInpainting",
  "inpainting",
);

/** The pipelines with a prompt a repository can name. */
export const promptPipelineClasses: readonly PromptPipelineClass[] = Object.freeze(
  Object.values(families).flatMap(({ text, image, inpainting }) =>
    [text, image, inpainting].filter((one) => one !== undefined),
  ),
) as never;
