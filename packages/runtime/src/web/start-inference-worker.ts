import type { OnnxruntimeBuild } from "../inference-session.ts";

/**
 * Starts the worker that a session runs in. Vite and webpack find the scripts by these very expressions and bundle
 * them; elsewhere they have to lie beside the code that starts them.
 *
 * There is one script for each build of onnxruntime-web. One script that imports the build that it needs would not do:
 * bundled into a single file, it would run as a thread of onnxruntime too, and miss its first message.
 */
export function startInferenceWorker(build: OnnxruntimeBuild): Worker {
  return build === "jspi"
    ? new Worker(new URL("./inference-worker-jspi.js", import.meta.url), { type: "module" })
    : new Worker(new URL("./inference-worker-asyncify.js", import.meta.url), { type: "module" });
}
