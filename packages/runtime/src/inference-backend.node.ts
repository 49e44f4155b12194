import type { InferenceBackend } from "./inference-backend.ts";
import { findRuntimes } from "./node/find-runtimes.ts";
import { chooseNodeDevices } from "./node/node-devices.ts";
import { startWorkerSession } from "./node/start-worker-session.ts";
import { WebGpuProbe } from "./node/webgpu-probe.ts";
import { findWorkerScript } from "./node/worker-script.ts";

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
  start: startWorkerSession,
};
