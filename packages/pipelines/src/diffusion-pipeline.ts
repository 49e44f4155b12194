import { UnsupportedError } from "@onestep/core";
import type { RepositoryLocation } from "@onestep/hub";
import type { NoiseProcess } from "@onestep/schedulers";
import type { ComponentSlots } from "./component/component-slots.ts";
import { openPipelineSource, type PipelineSource, requireLoadOptions } from "./component/load-components.ts";
import type { DiffusionPipelineBase } from "./pipeline.ts";
import type { GenerateOptions, OutputType } from "./sampling/generate-options.ts";
import type { ImagePipelineOutput } from "./sampling/image-output.ts";
import { promptPipelineClasses } from "./text-to-image/auto-pipeline.ts";
import { ConsistencyModelPipeline } from "./unconditional/consistency-model-pipeline.ts";
import { DDIMPipeline } from "./unconditional/ddim-pipeline.ts";
import { DDPMPipeline } from "./unconditional/ddpm-pipeline.ts";
import { PNDMPipeline } from "./unconditional/pndm-pipeline.ts";
import { ScoreSdeVePipeline } from "./unconditional/score-sde-ve-pipeline.ts";
import type {
  ClassConditionalGenerateOptions,
  ClassConditionalOutput,
  PipelineFromPretrainedOptions,
  UNet2DParts,
  UNet2DPipelineBase,
} from "./unconditional/unet-2d-pipeline.ts";

/** The `generate` options of any pipeline: the common ones, plus those of its class by name. */
export type AnyGenerateOptions<Output extends OutputType = OutputType> =
  | GenerateOptions<Output>
  | (GenerateOptions<Output> & { readonly [option: string]: unknown });

/**
 * Any image pipeline. Narrow it with `pipe instanceof ConsistencyModelPipeline` to access the members of its class.
 */
export interface DiffusionPipeline extends DiffusionPipelineBase {
  /** Generates images. Class-specific options are checked at run time. */
  generate<Output extends OutputType = "image">(
    options?: AnyGenerateOptions<Output>,
  ): Promise<ImagePipelineOutput<Output>>;
}

/** An unconditional or class-conditional pipeline. */
export interface UNet2DPipeline extends UNet2DPipelineBase {
  /** Generates images. */
  generate<Output extends OutputType = "image">(
    options?: ClassConditionalGenerateOptions<Output>,
  ): Promise<ClassConditionalOutput<Output>>;
}

/** The static side of a pipeline class a repository can name. */
export interface PipelineClass {
  /** Creates a pipeline from existing parts. */
  new (parts: UNet2DParts): UNet2DPipeline;
  /** The class name in `model_index.json`. */
  readonly className: string;
  /** Its components. */
  readonly components: ComponentSlots;
  /** The noise process its models were trained on. */
  readonly noiseProcess: NoiseProcess;
  /** The default of `numInferenceSteps`. */
  readonly defaultInferenceSteps: number;
  /** Loads a pipeline from an open repository. */
  fromSource(source: PipelineSource, options?: PipelineFromPretrainedOptions): Promise<UNet2DPipeline>;
}

/** The pipelines a repository can name, sorted by name. */
export const pipelineClasses: readonly PipelineClass[] = Object.freeze([
  ConsistencyModelPipeline,
  DDIMPipeline,
  DDPMPipeline,
  PNDMPipeline,
  ScoreSdeVePipeline,
]);

/** Finds a pipeline class by its name in diffusers. */
export function findPipelineClass(className: string): PipelineClass | undefined {
  return pipelineClasses.find((pipelineClass) => pipelineClass.className === className);
}

/**
 * The pipeline class named in a repository's index.
 *
 * @throws UnsupportedError if this package does not have that class; the message lists the supported ones.
 */
export function pipelineClassOf(source: PipelineSource): PipelineClass {
  const pipelineClass = findPipelineClass(source.modelIndex.className);
  if (pipelineClass !== undefined) return pipelineClass;
  throw unknownClass(source);
}

function unknownClass({ repository, modelIndex }: PipelineSource): UnsupportedError {
  const known = [...pipelineClasses, ...promptPipelineClasses].map(({ className }) => className);
  return new UnsupportedError({
    subject: `model_index.json of ${repository.name}`,
    found: `a ${modelIndex.className}`,
    expected: `one of ${known.join(", ")}`,
    remedy: "Use a repository of one of these, or load this one with your own class.",
    summary: `${modelIndex.className}, the pipeline of ${repository.name}, is not supported. Supported pipelines: ${known.join(", ")}.`,
  });
}

/** Loads the pipeline class a repository names. */
export interface DiffusionPipelineLoader {
  /**
   * Reads `model_index.json`, picks the pipeline class it names, and loads it; see {@link
   * DiffusionPipelineBase.fromPretrained}.
   *
   * @throws UnsupportedError if the class is not supported; the message lists the supported ones.
   */
  fromPretrained(
    source?: RepositoryLocation,
    options?: PipelineFromPretrainedOptions,
  ): Promise<DiffusionPipeline>;
}

/** Loads the pipeline class a repository names; diffusers' `DiffusionPipeline`. */
export const DiffusionPipeline: DiffusionPipelineLoader = {
  async fromPretrained(source, options = {}) {
    requireLoadOptions("DiffusionPipeline", options, ...pipelineClasses, ...promptPipelineClasses);
    const opened = await openPipelineSource(source, options);
    const { className } = opened.modelIndex;
    const pipelineClass =
      promptPipelineClasses.find((one) => one.className === className) ?? pipelineClassOf(opened);
    return (await pipelineClass.fromSource(opened, options)) as DiffusionPipeline;
  },
};
