import { availableParallelism, totalmem } from "node:os";
import type { InferenceBackend } from "./backend.ts";
import { chooseNodeDevices, findRuntimes } from "./caller/node/devices.ts";
import { WebGpuProbe } from "./caller/node/gpu.ts";
import { startNodeSession } from "./caller/node/start-session.ts";
import { findWorkerScript } from "./caller/node/start-worker.ts";
import { physicalCoreCount } from "./caller/node/threads.ts";
import { prepareModel } from "./onnxruntime/prepare-model.ts";

const webGpu: WebGpuProbe = new WebGpuProbe();

/**
 * Node runs onnxruntime-node in a worker thread, on the CPU, or on a GPU on request only: it cannot distinguish a GPU
 * from one emulated in software, which is hundreds of times slower. Without onnxruntime-node it runs onnxruntime-web.
 */
export const inferenceBackend: InferenceBackend = {
  async findDevices(requested) {
    if (requested === "webgpu") return [{ device: "webgpu", precisions: await webGpu.findPrecisions() }];
    const devices = chooseNodeDevices(requested, findRuntimes(findWorkerScript()));
    return devices.map((device) => ({ device, precisions: ["float32"] }));
  },
  memory(device) {
    if (device === "webgpu") return undefined;
    const limit = process.constrainedMemory() ?? 0;
    return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  },
  cores: () => physicalCoreCount() || availableParallelism(),
  start: (model, options) => startNodeSession(prepareModel(model, options.device), options),
};
