import type { InferenceBackend } from "./backend.ts";
import { findWebDevices } from "./caller/web/platform.ts";
import { startWebSession } from "./caller/web/start-session.ts";
import { prepareModel } from "./onnxruntime/prepare-model.ts";
import type { OnnxruntimeBuild } from "./session.ts";

/** Browsers run onnxruntime-web in a Web Worker, on the GPU or on the processor. */
export const inferenceBackend: InferenceBackend = {
  findDevices: findWebDevices,
  start: (model, options) => startWebSession(prepareModel(model, options.device), options, startWorker),
};

/**
 * Starts the worker that a session runs in. Vite and webpack find the scripts by these very expressions and bundle
 * them; elsewhere they have to be beside the bundle, which is why they are beside this file.
 *
 * There is one script for each build of onnxruntime-web. One script that imports the build that it needs would not do:
 * bundled into a single file, it would run as a thread of onnxruntime too, and miss its first message.
 */
export function startWorker(build: OnnxruntimeBuild): Worker {
  return build === "jspi"
    ? new Worker(new URL("./inference-worker-jspi.js", import.meta.url), { type: "module" })
    : new Worker(new URL("./inference-worker-asyncify.js", import.meta.url), { type: "module" });
}
