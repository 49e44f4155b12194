import { type PngText, type RasterImage, TorchGenerator } from "@onestep/core";
import { readConfigRecord } from "@onestep/core/internal";
import { sampleSizeOf, type UNet2DModelConfigValues } from "@onestep/models";
import {
  type ClassConditionalGenerateOptions,
  type ClassConditionalOutput,
  ClassNames,
  type Id2Label,
  type PipelineSource,
  type UNet2DPipeline,
} from "@onestep/pipelines";
import type { Device } from "@onestep/runtime";
import type { SchedulerClass } from "@onestep/schedulers";
import type { GenerateRequest } from "../arguments/image-options.ts";
import { readRepositorySettings, shippedModel } from "../arguments/repository-options.ts";
import type { Invocation } from "../command.ts";
import type { Result } from "../output/output.ts";
import { formatDuration } from "../output/text.ts";
import { describeDrawnClasses, nameClasses, readId2LabelFile } from "./class-labels.ts";
import { formatClassParameters } from "./image-parameters.ts";
import { announceDownload } from "./model-files.ts";
import { openPipeline } from "./open-pipeline.ts";
import { checkOutput, describeSize, layOut, requireScale, savePictures } from "./output-files.ts";
import { showPreview } from "./preview.ts";

/** A command's request for images. */
export interface ImageJob {
  readonly request: GenerateRequest;
  /** The repository, if already open. */
  readonly source?: PipelineSource | undefined;
  /** The input files, if any. */
  readonly inputs?: readonly string[];
  /** The scheduler to sample with, if not the model's own. */
  readonly schedulerClass?: SchedulerClass | undefined;
  /** Default number of steps; without it, the default of the model's pipeline. */
  readonly defaultSteps?: number;
  /**
   * Makes the images. Called twice: first with a model without weights, to detect errors before they are fetched.
   * Returns `steps` if they differ from the request. */
  generate(
    pipe: UNet2DPipeline,
    options: ClassConditionalGenerateOptions<"image">,
  ): Promise<ClassConditionalOutput & { readonly steps?: number }>;
}

/** Loads the model, makes the images, saves and reports them. */
export async function makeImages(invocation: Invocation, job: ImageJob): Promise<void> {
  const { arguments: parsed, output, system, signal } = invocation;
  const { request, inputs } = job;
  const { out, batchSize, seeds } = request;
  await checkOutput(request, batchSize, invocation);

  const startedAt = performance.now();
  const settings = readRepositorySettings(invocation);
  const numInferenceSteps = request.numInferenceSteps ?? job.defaultSteps;
  const id2labelFile = parsed.text("id2label");
  const opened = await openPipeline(
    {
      request: { ...request, numInferenceSteps },
      source: job.source,
      schedulerClass: job.schedulerClass,
      announce: (source) => announceDownload(source, settings, output),
      rehearse(pipe, classLabels) {
        const { height, width } = sampleSizeOf(pipe.unet.config as UNet2DModelConfigValues);
        requireScale(request.scale, width, height);
        return job.generate(pipe, { ...samplingOptions(request, classLabels), signal });
      },
    },
    {
      ...settings,
      // Checked by the runtime, which knows the available devices.
      device: parsed.text("device") as Device | undefined,
      threads: request.threads,
      id2label: id2labelFile === undefined ? undefined : await readId2LabelFile(id2labelFile),
    },
  );
  const { pipe } = opened;
  try {
    const loadedAt = performance.now();
    output.progress.showTask("Generating");
    const {
      images,
      classLabels,
      steps = opened.steps,
    } = await job.generate(pipe, {
      ...samplingOptions(request, opened.classLabels),
      onProgress: (event) => output.progress.show(event),
      signal,
    });
    const generatedAt = performance.now();
    const { width, height } = images[0] as RasterImage;
    const pictures = layOut(images, request);
    const texts = images.map((_, index) =>
      textOf(invocation.name, { pipe, request, classLabels, steps, index, width, height }),
    );
    const files = await savePictures(pictures, out, { signal, texts, stdout: system.stdout });
    const savedAt = performance.now();
    const milliseconds = {
      load: loadedAt - startedAt,
      generate: generatedAt - loadedAt,
      save: savedAt - generatedAt,
    };
    if (request.isSeedDrawn) output.note(`Seed: ${seeds.join()} (reuse it with --seed ${seeds.join()})`);
    if (request.classLabels === undefined && classLabels !== undefined) {
      output.note(describeDrawnClasses(classLabels, pipe.id2label));
    }
    const classes =
      classLabels === undefined ? "" : `: ${nameClasses(unlessAlike(classLabels), pipe.id2label)}`;
    output.note(
      `${describeSize(images.length, { width, height }, request.scale)} on ${pipe.device}${classes}; loaded in ${formatDuration(milliseconds.load)}, made in ${formatDuration(milliseconds.generate)}`,
    );
    await showPreview(pictures, invocation);
    output.result(
      reportGeneration({
        ...{ request, inputs, files, device: pipe.device, steps, width, height, milliseconds },
        ...{ classLabels, id2label: pipe.id2label },
      }),
    );
  } finally {
    await pipe.dispose();
  }
}

/**
 * The request as options for a pipeline's `generate`.
 *
 * @param classLabels - The classes of the request, as numbers.
 */
function samplingOptions(
  request: GenerateRequest,
  classLabels: readonly number[] | undefined,
): ClassConditionalGenerateOptions<"image"> {
  const { batchSize, numInferenceSteps, timesteps, seeds } = request;
  const labels = classLabels?.length === 1 ? classLabels[0] : classLabels;
  const [seed] = seeds;
  const randomness =
    seeds.length === 1 ? { seed } : { generator: seeds.map((value) => new TorchGenerator(value)) };
  return { batchSize, classLabels: labels, numInferenceSteps, timesteps, ...randomness };
}

/** The classes of images, or one if all are alike. */
function unlessAlike(ids: readonly number[]): readonly number[] {
  return ids.every((id) => id === ids[0]) ? ids.slice(0, 1) : ids;
}

/** What the text of a PNG is made of. */
interface MadeImage {
  readonly pipe: UNet2DPipeline;
  readonly request: GenerateRequest;
  readonly classLabels: readonly number[] | undefined;
  readonly steps: number;
  readonly index: number;
  readonly width: number;
  readonly height: number;
}

/** The texts of one PNG. */
function textOf(command: string, { pipe, request, classLabels, index, ...image }: MadeImage): PngText {
  if (!request.hasMetadata) return {};
  const { seeds, batchSize, timesteps, model = shippedModel } = request;
  const { config } = pipe.scheduler;
  const classLabel = classLabels?.[index];
  const ownSeed = seeds.length === batchSize ? seeds.slice(index, index + 1) : seeds;
  return {
    parameters: formatClassParameters({
      ...{ ...image, index, timesteps, model, classLabel },
      className: classLabel === undefined ? undefined : new ClassNames(pipe.id2label).nameOf(classLabel),
      scheduler: {
        className: readConfigRecord(config)?.className ?? pipe.scheduler.constructor.name,
        config,
      },
      seeds: ownSeed,
      batchSize: ownSeed.length === 1 && seeds.length > 1 ? 1 : batchSize,
      edit: command.startsWith("edit ") ? command.slice("edit ".length) : undefined,
    }),
  };
}

/** The results. */
interface Generation {
  readonly request: GenerateRequest;
  /** The input files, if any. */
  readonly inputs?: readonly string[] | undefined;
  /** The written files, in the order of the images. */
  readonly files: readonly string[];
  readonly device: string;
  /** The class of each image; `undefined` for a model without classes. */
  readonly classLabels: readonly number[] | undefined;
  readonly id2label: Id2Label | undefined;
  /** Steps per image. */
  readonly steps: number;
  /** Size of one image in pixels. */
  readonly width: number;
  readonly height: number;
  readonly milliseconds: { readonly load: number; readonly generate: number; readonly save: number };
}

/** The result of a command that makes images. */
function reportGeneration({
  request,
  inputs,
  files,
  device,
  classLabels,
  id2label,
  steps,
  ...rest
}: Generation): Result {
  const { model, seeds, timesteps, scale } = request;
  const classNames = new ClassNames(id2label);
  const { load, generate, save } = rest.milliseconds;
  return {
    lines: files,
    document: {
      files,
      ...(inputs === undefined ? {} : { inputs }),
      model: model ?? shippedModel,
      device,
      seeds: seeds.map(toJsonInteger),
      classLabels: classLabels ?? null,
      classNames:
        id2label === undefined ? null : (classLabels?.map((id) => classNames.nameOf(id) ?? null) ?? null),
      timesteps: timesteps ?? null,
      steps,
      width: rest.width,
      height: rest.height,
      ...(scale === undefined ? {} : { scale }),
      milliseconds: {
        load: Math.round(load),
        generate: Math.round(generate),
        save: Math.round(save),
      },
    },
  };
}

/** A number if JSON readers can represent it exactly, otherwise its digits as text. */
export function toJsonInteger(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}
