import { UnsupportedError } from "@onestep/core";
import type { Precision } from "../inference-session.ts";
import type { SessionWorker } from "../worker/session-worker.ts";
import { WorkerCallError } from "../worker/worker-call-error.ts";
import { GpuWorker } from "./gpu-worker.ts";
import { probeGraph } from "./probe-graph.ts";
import { translateImportFailure } from "./translate-import-failure.ts";
import { WorkerConnection } from "./worker-connection.ts";
import type { LoadRequest } from "./worker-messages.ts";
import { findWorkerScript } from "./worker-script.ts";

/**
 * Asks whether onnxruntime-node finds a GPU, and what that computes in, by a small graph that is run on it: Node itself
 * knows nothing of GPUs.
 */
export class WebGpuProbe {
  readonly #start: () => SessionWorker<LoadRequest>;
  #precisions: Promise<readonly Precision[]> | undefined;

  /** @param start Starts a worker that answers with onnxruntime-node. */
  constructor(
    start: () => SessionWorker<LoadRequest> = () => new GpuWorker(new WorkerConnection(findWorkerScript())),
  ) {
    this.#start = start;
  }

  /**
   * What the GPU computes in. Asked once; where there is no GPU, each time.
   *
   * @throws UnsupportedError where there is no GPU that onnxruntime can use.
   * @throws MissingRuntimeError where onnxruntime-node is not installed, or does not load on this machine.
   */
  findPrecisions(): Promise<readonly Precision[]> {
    this.#precisions ??= this.#probe().catch((error) => {
      this.#precisions = undefined;
      throw error;
    });
    return this.#precisions;
  }

  async #probe(): Promise<readonly Precision[]> {
    const worker = this.#start();
    try {
      await worker.call("load", {
        graph: probeGraph,
        folder: undefined,
        device: "webgpu",
        threads: 1,
        optimizeFor: "startup",
      });
      const x = { dtype: "float32", shape: [1], data: Float32Array.of(4) } as const;
      const { y } = await worker.call("run", { x });
      return y?.data[0] === 2 ? ["float32", "float16"] : ["float32"];
    } catch (error) {
      if (error instanceof WorkerCallError && error.failure.stage === "run") return ["float32"];
      throw noGpu(translateImportFailure(error));
    } finally {
      await worker.end();
    }
  }
}

function noGpu(error: unknown): unknown {
  if (!(error instanceof WorkerCallError)) return error;
  return new UnsupportedError(
    {
      subject: "device",
      found: '"webgpu" on a machine where onnxruntime finds no GPU',
      expected: "a GPU with a driver for Vulkan (Linux), Metal (macOS) or Direct3D 12 (Windows)",
      remedy:
        'Pass the device "cpu", or install the driver: on Debian and Ubuntu, `apt install libvulkan1 mesa-vulkan-drivers`. ' +
        `onnxruntime says: ${error.failure.message.trim()}`,
    },
    { cause: error },
  );
}
