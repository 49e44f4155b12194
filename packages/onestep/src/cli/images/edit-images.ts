import { readFile } from "node:fs/promises";
import { ImageError, RasterImage, UnsupportedError } from "@onestep/core";
import { errorCode, errorMessage } from "@onestep/core/internal";
import { type ClassConditionalOutput, ConsistencyModelPipeline, type EditOptions } from "@onestep/pipelines";
import { CMStochasticIterativeScheduler } from "@onestep/schedulers";
import { readGenerateRequest, requireCounts } from "../arguments/image-options.ts";
import { type ParsedArguments, UsageError } from "../arguments/parse-arguments.ts";
import { shippedModel } from "../arguments/repository-options.ts";
import type { Invocation } from "../command.ts";
import { makeImages } from "./make-images.ts";

/** The options of `generate` that all edits share. */
type SharedEditOptions = Omit<EditOptions<"image">, "image">;

/** An edit that is ready to run: all that can be wrong on the command line is checked, all files are read. */
export interface PreparedEdit {
  /** How many images it makes of what it was given, where nothing else asks for more. */
  readonly imageCount: number;
  /** Makes the images. */
  run(pipe: ConsistencyModelPipeline, options: SharedEditOptions): Promise<ClassConditionalOutput>;
}

/** What a command `onestep edit …` does. */
export interface Edit {
  /** How many steps it takes where nothing is said, as far as it is known before. */
  readonly defaultSteps: number;
  /** Whether seeds are something else than one for all images, or one per image. */
  readonly hasOwnSeeds?: boolean;
  /** @throws UsageError, ImageError before a model is loaded. */
  prepare(parsed: ParsedArguments): Promise<PreparedEdit>;
}

/** `onestep edit …`: reads the images, edits them, saves the results. */
export async function editImages(invocation: Invocation, edit: Edit): Promise<void> {
  const { arguments: parsed } = invocation;
  const model = parsed.text("model");
  const asked = readGenerateRequest(parsed);
  const { imageCount, run } = await edit.prepare(parsed);
  const batchSize = parsed.has("batch-size") ? asked.batchSize : Math.max(asked.batchSize, imageCount);
  const request = { ...asked, model, batchSize };
  if (edit.hasOwnSeeds !== true) requireCounts(request);
  await makeImages(invocation, {
    request,
    inputs: parsed.positionals,
    defaultSteps: edit.defaultSteps,
    // Images are edited with consistency models alone.
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

/** The images that a command line names. @throws UsageError where it names none, ImageError where one cannot be read. */
export async function readImages({ positionals }: ParsedArguments): Promise<readonly RasterImage[]> {
  if (positionals.length === 0) throw new UsageError("An image is missing: name a PNG, JPEG or WebP file.");
  return Promise.all(positionals.map(readImageFile));
}

/**
 * Reads a PNG, JPEG or WebP.
 *
 * @throws ImageError where there is no such file, or it is none of these, or a damaged one.
 * @throws UnsupportedError where nothing on this machine can decode it.
 */
export async function readImageFile(path: string): Promise<RasterImage> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new ImageError(
      {
        subject: path,
        found: describeReadError(cause),
        expected: "a PNG, JPEG or WebP",
        remedy: "Correct the path.",
      },
      { cause },
    );
  }
  try {
    return await RasterImage.decode(bytes);
  } catch (cause) {
    for (const errorClass of [ImageError, UnsupportedError]) {
      if (!errorClass.isInstance(cause) || cause.problem === undefined) continue;
      const { found, expected, remedy } = cause.problem;
      throw new errorClass({ subject: path, found, expected, remedy }, { cause });
    }
    throw cause;
  }
}

function describeReadError(cause: unknown): string {
  const code = errorCode(cause);
  if (code === "ENOENT") return "no such file";
  if (code === "EISDIR") return "a folder";
  if (code === "EACCES" || code === "EPERM") return "a file that may not be read";
  return `a file that cannot be read (${errorMessage(cause)})`;
}
