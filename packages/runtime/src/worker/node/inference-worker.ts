import { fstatSync, openSync, readSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { ExitGuard } from "../../exit-guard.node.ts";
import type { NodeLoadRequest, WasmLoadRequest, WorkerData, WorkerRequest } from "../../protocol.ts";
import type { lazyBytes } from "../external-data.ts";
import { buffersOf, InferenceServer, type Onnxruntime } from "../inference-server.ts";
import { nativeSessionOptions, webSessionOptions } from "../session-options.ts";

// The script of the worker thread: receives calls, answers each, and ends after the last.
type Runtime = Onnxruntime & Pick<typeof import("onnxruntime-node"), "env">;

const guard = new ExitGuard((workerData as WorkerData).exitFlag);
const server = new InferenceServer<Runtime, NodeLoadRequest>({
  // The types of the two are the same.
  importRuntime: ({ device }) => (device === "wasm" ? import("onnxruntime-web") : import("onnxruntime-node")),
  async createSession(runtime, request) {
    if (request.device !== "wasm") {
      return runtime.InferenceSession.create(request.graph, nativeSessionOptions(request));
    }
    runtime.env.wasm.numThreads = request.threads;
    // It imports core, which dominates the thread's startup time and is not needed by onnxruntime-node.
    const { lazyBytes } = await import("../external-data.ts");
    const options = webSessionOptions(request, externalData(request, lazyBytes));
    return runtime.InferenceSession.create(request.graph, options);
  },
  checkOpen() {
    if (guard.closing) throw new Error("the process is about to exit");
  },
});
// If it ends during a call, nobody is waiting for the result.
process.on("exit", () => guard.leave());

parentPort?.on("message", async (request: WorkerRequest<NodeLoadRequest>) => {
  if (!guard.begin()) return;
  const reply = await server.answer(request);
  guard.leave();
  parentPort?.postMessage(reply, buffersOf(reply));
  // onnxruntime-web's threads would outlive the port, and Deno has no `close` event.
  if (request.call === "release") setImmediate(() => process.exit());
});

function externalData(
  { files }: WasmLoadRequest,
  lazily: typeof lazyBytes,
): { readonly path: string; readonly data: Uint8Array }[] {
  return [...files].map(([path, file]) => ({
    path,
    data: typeof file === "string" ? fileBytes(file, lazily) : file,
  }));
}

/** Reads each weight from its file, which stays open for the lifetime of the thread, that is, of the session. */
function fileBytes(path: string, lazily: typeof lazyBytes): Uint8Array {
  const file = openSync(path, "r");
  return lazily(fstatSync(file).size, (begin, end) => {
    const bytes = new Uint8Array(end - begin);
    let length = 0;
    while (length < bytes.length) {
      const read = readSync(file, bytes, length, bytes.length - length, begin + length);
      if (read === 0) return bytes.slice(0, length);
      length += read;
    }
    return bytes;
  });
}
