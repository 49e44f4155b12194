import { ConsistencyModelPipeline, type ProgressListener } from "onestep";
import { shippedModelFiles } from "../model/shipped-model.ts";
import { downloadFolder } from "./download-folder.ts";
import type { DeviceChoice, LoadRequest, ModelFacts, ModelSource } from "./messages.ts";

/** What happens while a pipeline loads, and how to stop it. */
export interface LoadPipelineOptions {
  readonly signal: AbortSignal;
  readonly onProgress: ProgressListener;
}

/** A pipeline, and how many threads it has on wasm. */
export interface LoadedPipeline {
  readonly pipe: ConsistencyModelPipeline;
  readonly threads: number;
}

/** Loads the pipeline that the page asks for. */
export async function loadPipeline(
  { source, device }: LoadRequest,
  { signal, onProgress }: LoadPipelineOptions,
): Promise<LoadedPipeline> {
  const threads = chooseThreads();
  return { pipe: await loadSource(source, { device, threads, signal, onProgress }), threads };
}

async function loadSource(
  source: ModelSource,
  options: LoadPipelineOptions & { readonly device: DeviceChoice; readonly threads: number },
): Promise<ConsistencyModelPipeline> {
  switch (source.kind) {
    case "shipped": {
      const files = await downloadFolder(source.folder, shippedModelFiles, options);
      return ConsistencyModelPipeline.fromPretrained(files, options);
    }
    case "hub": {
      const { id, revision, variant, endpoint, token } = source;
      return ConsistencyModelPipeline.fromPretrained(id, { ...options, revision, variant, endpoint, token });
    }
    case "files":
      return ConsistencyModelPipeline.fromPretrained(source.files, options);
    case "file":
      return ConsistencyModelPipeline.fromSingleFile(source.file, options);
  }
}

/** What the page tells of a model that is loaded. */
export function describePipeline(
  { pipe: { device, unet, scheduler, id2label }, threads }: LoadedPipeline,
  loadMilliseconds: number,
): ModelFacts {
  const { sampleSize, numClassEmbeds } = unet.config;
  const [height, width] =
    typeof sampleSize === "number" ? [sampleSize, sampleSize] : [sampleSize?.[0] ?? 0, sampleSize?.[1] ?? 0];
  return {
    device,
    threads: device === "wasm" ? threads : 1,
    classCount: numClassEmbeds ?? undefined,
    id2label,
    width,
    height,
    trainTimesteps: scheduler.length,
    loadMilliseconds,
  };
}

/** Half the processors, since two of them usually share a core. One where the page may not share memory. */
function chooseThreads(): number {
  if (!crossOriginIsolated) return 1;
  const processors = navigator.hardwareConcurrency;
  return processors <= 2 ? processors : Math.min(Math.ceil(processors / 2), 8);
}
