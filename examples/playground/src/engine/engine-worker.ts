import type { ConsistencyModelPipeline } from "onestep";
import { describeFailure } from "./describe-failure.ts";
import { describePipeline, loadPipeline } from "./load-pipeline.ts";
import { drawNoise, makeImages } from "./make-images.ts";
import type { EngineAnswer, EngineEvent, EngineMessage, LoadRequest, ModelFacts } from "./messages.ts";

// The script of the worker that has the pipeline, so that the page only ever draws.

const running = new Map<number, AbortController>();
let pipe: ConsistencyModelPipeline | undefined;

function send(answer: EngineAnswer): void {
  self.postMessage(answer);
}

async function load(request: LoadRequest, id: number, signal: AbortSignal): Promise<ModelFacts> {
  const start = performance.now();
  const previous = pipe;
  pipe = undefined;
  await previous?.dispose();
  const loaded = await loadPipeline(request, { signal, onProgress: reportTo(id) });
  pipe = loaded.pipe;
  return describePipeline(loaded, performance.now() - start);
}

function reportTo(id: number): (event: EngineEvent) => void {
  return (event) => send({ id, kind: "event", event });
}

async function answer(
  message: Exclude<EngineMessage, { call: "cancel" }>,
  signal: AbortSignal,
): Promise<(EngineAnswer & { readonly kind: "reply" })["reply"]> {
  switch (message.call) {
    case "load":
      return load(message.request, message.id, signal);
    case "noise":
      return drawNoise(message.request);
    case "generate":
      if (pipe === undefined) throw new Error("No model is loaded.");
      return makeImages(pipe, message.request, { signal, onFrames: reportTo(message.id) });
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
