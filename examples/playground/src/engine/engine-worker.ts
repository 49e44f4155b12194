import { ConsistencyModelPipeline } from "onestep";
import { describeFailure } from "./describe-failure.ts";
import { editImages } from "./edit-images.ts";
import { fitFrame } from "./frames.ts";
import { inspectSource } from "./inspect-model.ts";
import { describePipeline, type LoadedPipeline, loadPipeline } from "./load-pipeline.ts";
import { drawNoise, makeImages } from "./make-images.ts";
import { makeTextImages } from "./make-text-images.ts";
import type { EngineAnswer, EngineEvent, EngineMessage, LoadRequest, ModelFacts } from "./messages.ts";

// The script of the worker that runs the pipeline, so that the page itself only draws.

const running = new Map<number, AbortController>();
let loaded: LoadedPipeline | undefined;

function send(answer: EngineAnswer): void {
  self.postMessage(answer);
}

async function load(request: LoadRequest, id: number, signal: AbortSignal): Promise<ModelFacts> {
  const start = performance.now();
  const previous = loaded;
  loaded = undefined;
  await previous?.preview?.dispose();
  await previous?.pipe.dispose();
  loaded = await loadPipeline(request, { signal, onProgress: reportTo(id) });
  return describePipeline(loaded, performance.now() - start);
}

function reportTo(id: number): (event: EngineEvent) => void {
  return (event) => send({ id, kind: "event", event });
}

function requireConsistencyModel(): ConsistencyModelPipeline {
  if (loaded?.pipe instanceof ConsistencyModelPipeline) return loaded.pipe;
  throw new Error("No consistency model is loaded.");
}

async function answer(
  message: Exclude<EngineMessage, { call: "cancel" }>,
  signal: AbortSignal,
): Promise<(EngineAnswer & { readonly kind: "reply" })["reply"]> {
  const watched = { signal, onFrames: reportTo(message.id) };
  switch (message.call) {
    case "load":
      return load(message.request, message.id, signal);
    case "inspect": {
      const { source, device } = message.request;
      if (source.kind !== "hub") throw new Error("Only models of the Hub are inspected.");
      return inspectSource(source, { device, signal });
    }
    case "noise":
      return drawNoise(message.request);
    case "fit":
      return fitFrame(message.request);
    case "generate":
      return makeImages(requireConsistencyModel(), message.request, watched);
    case "edit":
      return editImages(requireConsistencyModel(), message.request, watched);
    case "text": {
      if (loaded === undefined || loaded.pipe instanceof ConsistencyModelPipeline) {
        throw new Error("No text-to-image model is loaded.");
      }
      return makeTextImages(loaded.pipe, loaded.preview, message.request, watched);
    }
  }
}

self.addEventListener("message", async ({ data: message }: MessageEvent<EngineMessage>) => {
  const { id } = message;
  if (message.call === "cancel") {
    running.get(id)?.abort();
    return;
  }
  const controller = new AbortController();
  running.set(id, controller);
  try {
    send({ id, kind: "reply", reply: await answer(message, controller.signal) });
  } catch (error) {
    send({ id, kind: "failure", failure: describeFailure(error) });
  } finally {
    running.delete(id);
  }
});
