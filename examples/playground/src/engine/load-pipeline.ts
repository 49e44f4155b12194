import { findPromptPipelineClass, openPipelineSource } from "@onestep/pipelines";
import {
  AutoencoderTiny,
  AutoPipelineForImage2Image,
  AutoPipelineForText2Image,
  ConsistencyModelPipeline,
  type ProgressListener,
  type TextToImagePipeline,
} from "onestep";
import { shippedModelFiles } from "../model/shipped-model.ts";
import { downloadFolder } from "./download-folder.ts";
import { inspectSource } from "./inspect-model.ts";
import { latentPreviewOf } from "./latent-preview.ts";
import type { DeviceChoice, LoadRequest, ModelFacts, ModelSource, TextFacts } from "./messages.ts";
import { MisfitError } from "./misfit-error.ts";

/** Options of {@link loadPipeline}. */
export interface LoadPipelineOptions {
  readonly signal: AbortSignal;
  readonly onProgress: ProgressListener;
}

/** A pipeline, and the number of threads it uses on wasm. */
export interface LoadedPipeline {
  readonly pipe: ConsistencyModelPipeline | TextToImagePipeline;
  /** A small decoder for previews, loaded along with the pipeline. */
  readonly preview: AutoencoderTiny | undefined;
  readonly threads: number;
}

type SourceOptions = LoadPipelineOptions & { readonly device: DeviceChoice; readonly threads: number };

/**
 * Loads the requested pipeline.
 *
 * @throws MisfitError if the model cannot fit this device; thrown before any weights are fetched.
 */
export async function loadPipeline(
  { source, device, previewId }: LoadRequest,
  { signal, onProgress }: LoadPipelineOptions,
): Promise<LoadedPipeline> {
  const threads = chooseThreads();
  const options = { device, threads, signal, onProgress };
  const pipe = await loadSource(source, options);
  if (pipe instanceof ConsistencyModelPipeline || previewId === undefined) {
    return { pipe, threads, preview: undefined };
  }
  try {
    const access = source.kind === "hub" ? { endpoint: source.endpoint, token: source.token } : {};
    return {
      pipe,
      threads,
      preview: await AutoencoderTiny.fromPretrained(previewId, { ...options, ...access }),
    };
  } catch (error) {
    await pipe.dispose();
    throw error;
  }
}

async function loadSource(source: ModelSource, options: SourceOptions): Promise<LoadedPipeline["pipe"]> {
  switch (source.kind) {
    case "shipped": {
      const files = await downloadFolder(source.folder, shippedModelFiles, options);
      return ConsistencyModelPipeline.fromPretrained(files, options);
    }
    case "hub": {
      const { id, revision, variant, endpoint, token } = source;
      const access = { ...options, revision, variant, endpoint, token };
      const { isText, misfit } = await inspectSource(source, options);
      if (misfit !== undefined) throw new MisfitError(misfit);
      return isText
        ? AutoPipelineForText2Image.fromPretrained(id, access)
        : ConsistencyModelPipeline.fromPretrained(id, access);
    }
    case "files": {
      const { modelIndex } = await openPipelineSource(source.files, { signal: options.signal });
      return findPromptPipelineClass(modelIndex.className, "text") === undefined
        ? ConsistencyModelPipeline.fromPretrained(source.files, options)
        : AutoPipelineForText2Image.fromPretrained(source.files, options);
    }
    case "file":
      return ConsistencyModelPipeline.fromSingleFile(source.file, options);
  }
}

/** What the page shows about a loaded model. */
export function describePipeline(loaded: LoadedPipeline, loadMilliseconds: number): ModelFacts {
  const { pipe, threads } = loaded;
  const shared = { loadMilliseconds, trainTimesteps: pipe.scheduler.length, defaultSteps: undefined };
  if (!(pipe instanceof ConsistencyModelPipeline)) {
    const device = pipe.device ?? "wasm";
    return {
      ...shared,
      ...pipe.defaultSize,
      device,
      threads: device === "wasm" ? threads : 1,
      classCount: undefined,
      id2label: undefined,
      text: describeTextPipeline(pipe, loaded),
      edits: [],
    };
  }
  const { device, unet, id2label } = pipe;
  const { sampleSize, numClassEmbeds } = unet.config;
  const [height, width] =
    typeof sampleSize === "number" ? [sampleSize, sampleSize] : [sampleSize?.[0] ?? 0, sampleSize?.[1] ?? 0];
  return {
    ...shared,
    text: undefined,
    edits: ["inpaint", "strokes", "colorize", "upscale", "denoise", "interpolate"],
    device,
    threads: device === "wasm" ? threads : 1,
    classCount: numClassEmbeds ?? undefined,
    id2label,
    width,
    height,
  };
}

function describeTextPipeline(pipe: TextToImagePipeline, loaded: LoadedPipeline): TextFacts {
  const { className, vae } = pipe;
  const pipelineClass = findPromptPipelineClass(className, "text");
  return {
    className,
    steps: pipelineClass?.defaultInferenceSteps ?? 1,
    guidanceScale: pipelineClass?.defaultGuidanceScale ?? 1,
    takesGuidance: true,
    takesNegativePrompt: !className.startsWith("LatentConsistency"),
    takesPicture: findPromptPipelineClass(className, "image") !== undefined,
    sizeMultiple: Math.max(8, vae.scaleFactor),
    preview: latentPreviewOf(pipe, loaded.preview).kind,
  };
}

/** The image-to-image pipeline, sharing the same models. */
export function imageToImage(
  pipe: TextToImagePipeline,
): ReturnType<typeof AutoPipelineForImage2Image.fromPipe> {
  return AutoPipelineForImage2Image.fromPipe(pipe);
}

/** Half the logical processors, since two usually share a core; 1 if the page may not use shared memory. */
function chooseThreads(): number {
  if (!crossOriginIsolated) return 1;
  const processors = navigator.hardwareConcurrency;
  return processors <= 2 ? processors : Math.min(Math.ceil(processors / 2), 8);
}
