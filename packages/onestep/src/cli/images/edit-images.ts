import { ImageError, type RasterImage, UnsupportedError } from "@onestep/core";
import { sampleSizeOf, type UNet2DModelConfigValues } from "@onestep/models";
import {
  type ClassConditionalOutput,
  ConsistencyModelPipeline,
  type EditOptions,
  type PipelineSource,
  type PromptTask,
} from "@onestep/pipelines";
import { CMStochasticIterativeScheduler } from "@onestep/schedulers";
import { readGenerateRequest, requireCounts } from "../arguments/image-options.ts";
import { type ParsedArguments, UsageError } from "../arguments/parse-arguments.ts";
import { readPromptRequest, refusePromptOptions, requirePrompt } from "../arguments/prompt-options.ts";
import { readRepositorySettings, shippedModel } from "../arguments/repository-options.ts";
import type { Invocation } from "../command.ts";
import { readImageFiles } from "./image-files.ts";
import { makeImages } from "./make-images.ts";
import { openModel } from "./open-pipeline.ts";
import { checkOutput } from "./output-files.ts";
import { isPromptModel, makePromptImages } from "./prompt-images.ts";

/** The `generate` options shared by all edits. */
type SharedEditOptions = Omit<EditOptions<"image">, "image">;

/** An edit that is ready to run: the command line is validated and all files are read. */
export interface PreparedEdit {
  /** Number of images it makes by default from its input. */
  readonly imageCount: number;
  /** The images that are brought to the size of the model's, to say so. */
  readonly images?: readonly RasterImage[];
  /** What that size is divided by first. */
  readonly divisor?: number | undefined;
  /** Makes the images. */
  run(pipe: ConsistencyModelPipeline, options: SharedEditOptions): Promise<ClassConditionalOutput>;
}

/** The definition of an `onestep edit …` command. */
export interface Edit {
  /** Its default number of steps, if known in advance. */
  readonly defaultSteps: number;
  /** Whether seeds are neither one for all images nor one per image. */
  readonly hasOwnSeeds?: boolean;
  /** The repository, if already open. */
  readonly source?: PipelineSource | undefined;
  /** @throws UsageError, ImageError before a model is loaded. */
  prepare(parsed: ParsedArguments): Promise<PreparedEdit>;
}

/** `onestep edit …`: reads the images, edits them and saves the results. */
export async function editImages(invocation: Invocation, edit: Edit): Promise<void> {
  const { arguments: parsed, output } = invocation;
  const { model, files } = readEditTarget(parsed);
  const asked = readGenerateRequest(parsed);
  const prepared = await edit.prepare(parsed);
  const { imageCount, run } = prepared;
  const batchSize = parsed.has("batch-size") ? asked.batchSize : Math.max(asked.batchSize, imageCount);
  const request = { ...asked, model, batchSize };
  if (edit.hasOwnSeeds !== true) requireCounts(request);
  await makeImages(invocation, {
    request,
    inputs: files,
    source: edit.source,
    defaultSteps: edit.defaultSteps,
    // Only consistency models can edit images.
    schedulerClass: CMStochasticIterativeScheduler,
    async generate(pipe, options) {
      if (!(pipe instanceof ConsistencyModelPipeline)) {
        throw new UnsupportedError({
          subject: model ?? shippedModel,
          found: `a ${pipe.className}`,
          expected: "a consistency model, which images can be edited with",
          remedy:
            "Name one with --model: openai/diffusers-cd_imagenet64_l2, or leave it out for the model that ships.",
        });
      }
      // The call that rehearses the request, with a model that has no weights, has no listener.
      if (options.onProgress !== undefined) {
        const size = sampleSizeOf(pipe.unet.config as UNet2DModelConfigValues);
        const mode = parsed.text("resize-mode");
        for (const line of describeResizing(prepared, { files, mode, size })) output.note(line);
      }
      let steps = 0;
      const { images, classLabels } = await run(pipe, {
        ...options,
        onProgress(event) {
          if (event.type === "step-end") steps = event.totalSteps;
          options.onProgress?.(event);
        },
      });
      return { images, classLabels, steps };
    },
  });
}

/** The model and images of an edit: images as arguments and `--model`, or `--image` and the model as the argument. */
export interface EditTarget {
  /** `undefined` for the bundled model. */
  readonly model: string | undefined;
  readonly files: readonly string[];
}

/** @throws UsageError if the two forms are mixed. */
export function readEditTarget(parsed: ParsedArguments): EditTarget {
  const named = parsed.texts("image");
  const [first, second] = parsed.positionals;
  if (named.length === 0) return { model: parsed.text("model"), files: parsed.positionals };
  if (second !== undefined) {
    throw new UsageError(
      `Unexpected ${JSON.stringify(second)}: with --image, the only argument is the model. Pass all images with --image.`,
    );
  }
  if (first !== undefined && parsed.has("model")) {
    throw new UsageError(
      `--model: found it beside the argument ${JSON.stringify(first)}, expected one model.`,
    );
  }
  return { model: first ?? parsed.text("model"), files: named };
}

/** The repository of an edit, and whether its model takes a prompt. */
export type EditSource =
  | { readonly source: PipelineSource; readonly isPrompted: true }
  | { readonly source: PipelineSource | undefined; readonly isPrompted: false };

/**
 * Opens the model of an edit that supports both kinds of models, after validating the command line.
 *
 * @throws UsageError if flags do not match the model.
 */
export async function openForEdit(invocation: Invocation): Promise<EditSource> {
  const { arguments: parsed } = invocation;
  const asked = readGenerateRequest(parsed);
  const prompted = readPromptRequest(parsed);
  const { model, files } = readEditTarget(parsed);
  await checkOutput(asked, prompted?.seeds.length ?? Math.max(asked.batchSize, files.length), invocation);
  const source = await openModel(model, readRepositorySettings(invocation));
  if (source !== undefined && isPromptModel(source)) return { source, isPrompted: true };
  refusePromptOptions(
    parsed,
    model ?? shippedModel,
    source?.modelIndex.className ?? "ConsistencyModelPipeline",
  );
  return { source, isPrompted: false };
}

/** The images of an edit. */
export interface EditedImages {
  readonly image: readonly RasterImage[];
  /** Its other images, such as masks. */
  readonly others: readonly RasterImage[];
}

/**
 * Reads the images named on the command line, and others.
 *
 * @throws UsageError if there are none, ImageError if one cannot be read.
 */
export async function readImages(
  { arguments: parsed, system }: Invocation,
  otherPaths: readonly string[] = [],
): Promise<EditedImages> {
  const { files } = readEditTarget(parsed);
  if (files.length === 0) throw new UsageError("An image is missing: name a PNG, JPEG or WebP file.");
  const images = await readImageFiles([...files, ...otherPaths], system.stdin);
  return { image: images.slice(0, files.length), others: images.slice(files.length) };
}

/** Height and width in pixels. */
interface Size {
  readonly height: number;
  readonly width: number;
}

/** @throws ImageError if an image is not smaller than the model's, so that it would not be enlarged. */
export function requireSmaller(images: readonly RasterImage[], size: Size): void {
  for (const [index, { width, height }] of images.entries()) {
    if (width < size.width || height < size.height) continue;
    throw new ImageError({
      subject: images.length === 1 ? "image" : `image ${index}`,
      found: `${width}x${height} pixels`,
      expected: `fewer than the ${size.width}x${size.height} pixels of the model's images, which the result has`,
      remedy: "Shrink the image first, or name a model of larger images with --model.",
    });
  }
}

const listedSizes = 3;

/** Says what becomes of images that do not have the size of the model's. */
function describeResizing(edit: PreparedEdit, { files, mode, size }: Resizing): readonly string[] {
  const { images = [], divisor = 1 } = edit;
  const target = { width: size.width / divisor, height: size.height / divisor };
  const lines = images.flatMap(({ width, height }, index) => {
    if (width === target.width && height === target.height) return [];
    const image = `${files[index]} (${width}x${height})`;
    const goal = `${target.width}x${target.height}`;
    const why =
      divisor === 1 ? "the size of the model's images" : `to be enlarged to ${size.width}x${size.height}`;
    if (mode === "crop") return [`${image} is scaled and cropped to ${goal}, ${why}`];
    if (mode === "fill") return [`${image} is fitted into ${goal}, ${why}, and its edges are repeated`];
    const isStretched = width * target.height !== height * target.width;
    return [
      isStretched
        ? `${image} is stretched to ${goal}, ${why}: --resize-mode crop or fill keeps its proportions`
        : `${image} is resized to ${goal}, ${why}`,
    ];
  });
  const more = lines.length - listedSizes;
  return more > 0 ? [...lines.slice(0, listedSizes), `and ${more} more`] : lines;
}

/** How images are brought to the size of the model's. */
interface Resizing {
  readonly files: readonly string[];
  readonly mode: string | undefined;
  readonly size: Size;
}

/** An edit with a prompt. */
export interface PromptEdit {
  readonly task: PromptTask;
  readonly source: PipelineSource;
  /** The images and masks, by option. */
  readonly inputs: Readonly<Record<string, readonly RasterImage[]>>;
}

/** `onestep edit img2img|inpaint` with a text-to-image model. */
export async function editWithPrompt(invocation: Invocation, edit: PromptEdit): Promise<void> {
  const { arguments: parsed } = invocation;
  const { model = shippedModel, files } = readEditTarget(parsed);
  const { className } = edit.source.modelIndex;
  const request = requirePrompt(parsed, readPromptRequest(parsed), { model, className });
  for (const [option, images] of Object.entries(edit.inputs)) {
    const count = request.seeds.length;
    if (images.length === 1 || images.length === count) continue;
    throw new UsageError(
      `--${option === "maskImage" ? "mask" : option}: found ${images.length} of them for ${count} ${count === 1 ? "result" : "results"}, expected one for all, or one per result.`,
    );
  }
  await makePromptImages(invocation, { ...edit, model, request, inputFiles: files });
}
