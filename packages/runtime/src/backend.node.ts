import type { InferenceBackend } from "./backend.ts";
import { chooseNodeDevices, findRuntimes } from "./caller/node/devices.ts";
import { WebGpuProbe } from "./caller/node/gpu.ts";
import { startNodeSession } from "./caller/node/start-session.ts";
import { findWorkerScript } from "./caller/node/start-worker.ts";

const webGpu: WebGpuProbe = new WebGpuProbe();

/**
 * Node runs onnxruntime-node in a worker thread, on the processor, or on a GPU where it is asked to: it cannot tell a GPU
 * from one that is computed on the processor, hundreds of times slower. Without onnxruntime-node it runs onnxruntime-web.
 */
export const inferenceBackend: InferenceBackend = {
  async findDevices(requested) {
    if (requested === "webgpu") {
      await webGpu.findPrecisions();
      return ["cpu", "webgpu"];
    }
    return chooseNodeDevices(requested, findRuntimes(findWorkerScript()));
  },
  findPrecisions: async (device) => (device === "webgpu" ? webGpu.findPrecisions() : ["float32"]),
  start: startNodeSession,
};
