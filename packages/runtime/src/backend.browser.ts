import type { InferenceBackend } from "./backend.ts";
import { findWebDevices } from "./caller/web/platform.ts";
import { startWebSession } from "./caller/web/start-session.ts";
import { prepareModel } from "./onnxruntime/prepare-model.ts";
import type { OnnxruntimeBuild } from "./session.ts";

/** Browsers run onnxruntime-web in a Web Worker, on the GPU or the CPU. */
export const inferenceBackend: InferenceBackend = {
  findDevices: findWebDevices,
  start: (model, options) => startWebSession(prepareModel(model, options.device), options, startWorker),
};

/**
 * Starts the worker of a session. Vite and webpack recognise exactly these expressions and bundle the scripts;
 * otherwise the scripts must be next to the bundle, which is why they are next to this file.
 *
 * There is one script for each build of onnxruntime-web. A single script importing the right build would not work:
 * bundled into one file, it would also run as an onnxruntime thread and miss its first message.
 */
export function startWorker(build: OnnxruntimeBuild): Worker {
  return build === "jspi"
    ? new Worker(new URL("./inference-worker-jspi.js", import.meta.url), { type: "module" })
    : new Worker(new URL("./inference-worker-asyncify.js", import.meta.url), { type: "module" });
}
