import { UnsupportedError } from "@onestep/core";
import { cast, defineGraph, mul, specialise } from "@onestep/graph";
import type { Precision } from "../../backend.ts";
import { prepareModel } from "../../onnxruntime/prepare-model.ts";
import type { NodeLoadRequest, WorkerCallName, WorkerCalls } from "../../protocol.ts";
import { RunQueue } from "../../run-queue.ts";
import { type Connection, WorkerCallError } from "../connection.ts";
import { NodeConnection } from "./connection.ts";
import { translateImportFailure } from "./failures.ts";
import { findWorkerScript } from "./start-worker.ts";

/**
 * A worker that computes on the GPU; each call waits for its turn.
 *
 * All sessions of a process share one GPU device in onnxruntime 1.30, which does not support concurrent calls from two
 * threads: they fail, or worse.
 */
export class GpuConnection implements Connection<NodeLoadRequest> {
  static readonly #turns: RunQueue = new RunQueue();
  readonly #worker: Connection<NodeLoadRequest>;

  constructor(worker: Connection<NodeLoadRequest>) {
    this.#worker = worker;
  }

  /** @inheritdoc */
  call<Name extends WorkerCallName>(
    call: Name,
    request: WorkerCalls<NodeLoadRequest>[Name]["request"],
    transfer?: readonly Transferable[],
  ): Promise<WorkerCalls<NodeLoadRequest>[Name]["reply"]> {
    return GpuConnection.#turns.add(() => this.#worker.call(call, request, transfer));
  }

  /** @inheritdoc */
  end(): Promise<void> {
    return GpuConnection.#turns.add(() => this.#worker.end());
  }
}

/** Probes onnxruntime-node for a GPU and its precisions by running a small graph: Node itself cannot detect GPUs. */
export class WebGpuProbe {
  readonly #start: () => Connection<NodeLoadRequest>;
  #precisions: Promise<readonly Precision[]> | undefined;

  /** @param start Starts a worker that answers with onnxruntime-node. */
  constructor(
    start: () => Connection<NodeLoadRequest> = () =>
      new GpuConnection(new NodeConnection(findWorkerScript())),
  ) {
    this.#start = start;
  }

  /**
   * The precisions of the GPU. Probed once; without a GPU, every time.
   *
   * @throws UnsupportedError if there is no GPU that onnxruntime can use.
   * @throws MissingRuntimeError if onnxruntime-node is not installed, or does not load on this machine.
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
        graph: probeGraph(),
        folder: undefined,
        device: "webgpu",
        threads: 1,
        optimizeFor: "startup",
      });
      const x = { dtype: "float32", shape: [1], data: Float32Array.of(1.5) } as const;
      const { y } = await worker.call("run", { x });
      return y?.data[0] === 2.25 ? ["float32", "float16"] : ["float32"];
    } catch (error) {
      if (error instanceof WorkerCallError && error.failure.stage === "run") return ["float32"];
      throw noGpu(translateImportFailure(error));
    } finally {
      await worker.end();
    }
  }
}

/** Squares a number in float16: `y = float32(float16(x)²)`. */
function probeGraph(): Uint8Array {
  const graph = defineGraph((scope) => {
    const half = cast(scope.input("x", "float32", [1]), "float16");
    return { y: cast(mul(half, half), "float32") };
  });
  const specialised = specialise(graph, { dtype: "float16" });
  return prepareModel({ graph: specialised, weights: new Map() }, "webgpu").graph;
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
