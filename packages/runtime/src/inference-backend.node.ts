import type { InferenceBackend } from "./inference-backend.ts";
import { startWorkerSession } from "./node/start-worker-session.ts";

/** Node runs onnxruntime-node's CPU kernels in a worker thread. */
export const inferenceBackend: InferenceBackend = {
  findDevices: async () => ["cpu"],
  start: startWorkerSession,
};
