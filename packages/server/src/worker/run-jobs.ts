import { RasterImage, TorchGenerator } from "@onestep/core";
import { LatentDiffusionPipelineBase, type StepEndEvent } from "@onestep/pipelines";
import { InputMissingError } from "../errors.ts";
import type { ImageJob } from "../job.ts";
import type { ImageStorage } from "../storage/storage.ts";
import type { LoadedModel } from "./model-host.ts";
import { previewImages } from "./preview-images.ts";
import { pipelineFor, variationStrength } from "./tasks.ts";

/** How jobs are run. */
export interface RunOptions {
  readonly storage: ImageStorage;
  readonly signal: AbortSignal;
  /** Called with the previews of a step, one for each job; only if a job asks for some. */
  readonly onPreview?:
    | ((images: readonly RasterImage[], step: number, totalSteps: number) => Promise<void>)
    | undefined;
}

/**
 * Makes the images of jobs of one group in one run. Each has a generator of its own, so that it does not depend on the
 * others.
 */
export async function runJobs(
  model: LoadedModel,
  jobs: readonly ImageJob[],
  { storage, signal, onPreview }: RunOptions,
): Promise<readonly RasterImage[]> {
  const [first] = jobs as readonly [ImageJob, ...ImageJob[]];
  const { task } = first;
  const pipe = pipelineFor(model.pipe, task);
  if (pipe === undefined) throw new Error(`${model.card.name} has no pipeline for ${task}.`);
  applyAdapters(model, first);
  const images = await readInputs(jobs, "image", storage);
  const masks = await readInputs(jobs, "mask", storage);
  const { images: made } = await pipe.generate({
    ...sharedOptions(first),
    ...perImageOptions(jobs, model),
    generator: jobs.map(({ settings }) => new TorchGenerator(settings.seed)),
    ...(images === undefined ? {} : { image: images }),
    ...(masks === undefined ? {} : { [model.card.takesPrompt ? "maskImage" : "mask"]: masks }),
    signal,
    ...(onPreview === undefined
      ? {}
      : {
          async onStepEnd(event: StepEndEvent) {
            // The last step is followed by the image itself.
            if (event.step + 1 >= event.totalSteps) return;
            const previews = previewImages(model.pipe, event);
            if (previews.length > 0) await onPreview(previews, event.step, event.totalSteps);
          },
        }),
  });
  return made as readonly RasterImage[];
}

function sharedOptions({ settings, task }: ImageJob): object {
  const { numInferenceSteps, guidanceScale, guidanceRescale, clipSkip, eta, width, height } = settings;
  const strength = settings.strength ?? (task === "variation" ? variationStrength : undefined);
  const takesSize = task === "generation" || task === "inpainting";
  const options = {
    ...{ numInferenceSteps, guidanceScale, guidanceRescale, clipSkip, eta, strength },
    ...(takesSize ? { width, height } : {}),
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function perImageOptions(jobs: readonly ImageJob[], { card }: LoadedModel): object {
  const settings = jobs.map((job) => job.settings);
  const [first] = settings;
  if (card.takesPrompt) {
    return {
      prompt: settings.map(({ prompt = "" }) => prompt),
      ...(first?.negativePrompt === undefined
        ? {}
        : { negativePrompt: settings.map(({ negativePrompt = "" }) => negativePrompt) }),
    };
  }
  return {
    batchSize: jobs.length,
    ...(first?.classLabel === undefined
      ? {}
      : { classLabels: settings.map(({ classLabel = 0 }) => classLabel) }),
  };
}

/** Adapters stay loaded; those that the group does not choose have no weight. */
function applyAdapters({ pipe, card }: LoadedModel, { settings }: ImageJob): void {
  if (!(pipe instanceof LatentDiffusionPipelineBase) || card.adapters.length === 0) return;
  const chosen = settings.adapters ?? [];
  pipe.setAdapters(
    chosen.map(({ name }) => name),
    { adapterWeights: chosen.map(({ scale }) => scale) },
  );
}

async function readInputs(
  jobs: readonly ImageJob[],
  name: "image" | "mask",
  storage: ImageStorage,
): Promise<readonly RasterImage[] | undefined> {
  const keys = jobs.map(({ settings }) => settings[name]);
  if (keys.every((key) => key === undefined)) return undefined;
  return Promise.all(
    keys.map(async (key = "") => {
      const bytes = await storage.get(key);
      if (bytes === undefined) throw missingInput(name, key);
      return RasterImage.fromPng(bytes);
    }),
  );
}

function missingInput(name: string, key: string): InputMissingError {
  return new InputMissingError({
    subject: name,
    found: `nothing at ${key} in the storage`,
    expected: "the image that the client sent",
    remedy: "Check that front ends and workers use the same storage, and that it keeps files long enough.",
  });
}
