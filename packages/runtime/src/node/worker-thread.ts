import { Worker } from "node:worker_threads";
import { errorMessage } from "@onestep/core";
import type { WorkerReply } from "../worker/worker-calls.ts";
import { ExitGuard } from "./exit-guard.ts";
import { refusedByPermissions } from "./start-failure.ts";
import type { WorkerData } from "./worker-messages.ts";
import type { WorkerPort, WorkerPortListener } from "./worker-port.ts";

/**
 * Starts a thread that answers calls.
 *
 * It must not be ended while it is inside onnxruntime; see {@link ExitGuard}. So this is for the main thread alone: a
 * thread that is terminated ends the threads that it started, at once, and there is nothing it could do about it.
 *
 * @throws MissingRuntimeError where Node's permission model forbids threads.
 */
export function startThread(script: URL, listener: WorkerPortListener): WorkerPort {
  const guard = new ExitGuard();
  const workerData: WorkerData = { exitFlag: guard.flag };
  let worker: Worker;
  try {
    worker = new Worker(script, { name: "onestep-inference", execArgv: [], workerData });
  } catch (error) {
    throw refusedByPermissions(error, "a thread", "--allow-worker");
  }
  worker.unref();
  worker.on("message", (reply: WorkerReply) => {
    guard.forget();
    listener.onReply(reply);
  });
  worker.on("error", (error) => listener.onFailure(`an uncaught error in it: ${errorMessage(error)}`, error));
  worker.on("messageerror", (error) => listener.onFailure("a message from it that cannot be read", error));
  worker.once("exit", (exitCode) => {
    guard.forget();
    listener.onEnd(`its end, with exit code ${exitCode}`);
  });
  return {
    post(message, transfer) {
      // First, since the worker may begin the call before this thread gets to its next line.
      guard.enter();
      worker.postMessage(message, transfer);
    },
    ref: () => worker.ref(),
    unref: () => worker.unref(),
  };
}
