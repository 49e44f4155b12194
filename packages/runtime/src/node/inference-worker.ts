import { parentPort, workerData } from "node:worker_threads";
import type { WorkerRequest } from "../worker/worker-calls.ts";
import { ExitGuard } from "./exit-guard.ts";
import { InferenceServer } from "./inference-server.ts";
import type { LoadRequest, WorkerData } from "./worker-messages.ts";

// The script of the worker thread: receives calls, answers each, and ends after the last.
const guard = new ExitGuard((workerData as WorkerData).exitFlag);
const server = new InferenceServer(guard);
// Where it ends in the middle of a call, nobody waits for the call.
process.on("exit", () => guard.leave());

parentPort?.on("message", async (request: WorkerRequest<LoadRequest>) => {
  if (!guard.begin()) return;
  const reply = await server.answer(request);
  guard.leave();
  const buffers = reply.call === "run" ? Object.values(reply.reply).map(({ data }) => data.buffer) : [];
  parentPort?.postMessage(reply, buffers as ArrayBuffer[]);
  // The threads of onnxruntime-web would outlive the port, and Deno has no `close` of one.
  if (request.call === "release") setImmediate(() => process.exit());
});
