import { InvalidArgumentError, UnsupportedError } from "@onestep/core";
import type { RepositoryLocation } from "@onestep/hub";
import {
  type LoadPipelineOptions,
  openPipelineSource,
  type PipelineSource,
  requireLoadOptions,
} from "../component/load-components.ts";
import type { DiffusionPipelineBase, PipelineConstructor } from "../pipeline.ts";
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

/** A pipeline that makes images of a text. */
export type TextToImagePipeline =
  | LatentConsistencyModelPipeline
  | StableDiffusionPipeline
  | StableDiffusionXLPipeline;

/** A pipeline that changes images by a text. */
export type ImageToImagePipeline =
  | LatentConsistencyModelImg2ImgPipeline
  | StableDiffusionImg2ImgPipeline
  | StableDiffusionXLImg2ImgPipeline;

/** A pipeline that repaints a part of images by a text. */
export type InpaintingPipeline = StableDiffusionInpaintPipeline | StableDiffusionXLInpaintPipeline;

/** The static side of a class, as far as pipelines are picked by it. */
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

/** What a pipeline with a prompt begins with. */
export type PromptTask = "text" | "image" | "inpainting";

/** The static side of a pipeline with a prompt. */
export interface PromptPipelineClass extends PipelineConstructor {
  /** The class as `model_index.json` names it. */
  readonly className: string;
  /** The default of `numInferenceSteps`. */
  readonly defaultInferenceSteps: number;
  /** The default of `guidanceScale`. */
  readonly defaultGuidanceScale: number;
  /** The default of `strength`, of a pipeline that has it. */
  readonly defaultStrength?: number;
  /** Loads a pipeline from an open repository. */
  fromSource(source: PipelineSource, options?: object): Promise<DiffusionPipelineBase>;
}

/** The class for a task, of the family of another class; undefined where the family has none, or is not built here. */
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

/** Picks the class of a task by the model that a repository or a pipeline has. */
export interface AutoPipeline<Pipeline> {
  /**
   * Loads a repository with the class for this task, whichever of its family the repository names.
   *
   * @throws UnsupportedError where the family has none.
   */
  fromPretrained(source: RepositoryLocation, options?: LoadPipelineOptions): Promise<Pipeline>;
  /**
   * A pipeline for this task with the components of another; nothing is loaded again.
   *
   * @throws UnsupportedError where the family has none.
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

/** Text to image with whichever model a repository has; diffusers' `AutoPipelineForText2Image`. */
export const AutoPipelineForText2Image: AutoPipeline<TextToImagePipeline> = autoPipeline(
  "AutoPipelineForText2Image",
  "text",
);

/** Image to image with whichever model a repository has; diffusers' `AutoPipelineForImage2Image`. */
export const AutoPipelineForImage2Image: AutoPipeline<ImageToImagePipeline> = autoPipeline(
  "AutoPipelineForImage2Image",
  "image",
);

/** Inpainting with whichever model a repository has; diffusers' `AutoPipelineForInpainting`. */
export const AutoPipelineForInpainting: AutoPipeline<InpaintingPipeline> = autoPipeline(
  "AutoPipelineForInpainting",
  "inpainting",
);

/** The pipelines with a prompt that a repository can name. */
export const promptPipelineClasses: readonly PromptPipelineClass[] = Object.freeze(
  Object.values(families).flatMap(({ text, image, inpainting }) =>
    [text, image, inpainting].filter((one) => one !== undefined),
  ),
) as never;
