import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { errorMessage } from "@onestep/core/internal";
import { MissingRuntimeError } from "../../errors.ts";
import { ExitGuard } from "../../exit-guard.node.ts";
import type { NodeLoadRequest, WireTensor, WorkerData, WorkerReply, WorkerRequest } from "../../protocol.ts";
import { refusedByPermissions } from "./failures.ts";

/** A thread or a process that answers calls, one at a time, seen from the thread that started it. */
export interface WorkerPort {
  /** Posts a call. The buffers in `transfer` may be gone from this thread afterwards. */
  post(message: WorkerRequest<NodeLoadRequest>, transfer: readonly ArrayBuffer[]): void;
  /** From now on it keeps the process alive. It does not when it was just started. */
  ref(): void;
  /** From now on it does not keep the process alive. */
  unref(): void;
}

/** What a {@link WorkerPort} tells the one who started it. */
export interface WorkerPortListener {
  onReply(reply: WorkerReply): void;
  /** It failed outside of a call, and ends. `found` says what happened. */
  onFailure(found: string, cause: unknown): void;
  /** It has ended. `found` says how. */
  onEnd(found: string): void;
}

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

/**
 * Starts a process that answers calls, with a thread of its own. It ends with the thread that started it, at whatever
 * moment that is terminated, which a thread of that thread would not survive: see `ExitGuard`.
 *
 * @param script The script of that thread.
 * @throws MissingRuntimeError where Node's permission model forbids processes.
 */
export function startProcess(script: URL, listener: WorkerPortListener): WorkerPort {
  let child: ReturnType<typeof fork>;
  try {
    child = fork(new URL("./inference-process.js", script), [fileURLToPath(script)], {
      execArgv: [],
      serialization: "advanced",
      // A pipe that outlives this thread would keep whoever reads from it waiting.
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
  } catch (error) {
    throw refusedByPermissions(error, "a process, as it has to in a worker thread", "--allow-child-process");
  }
  // Bun's channel has no say in this.
  const channel = child.channel as Partial<NonNullable<typeof child.channel>> | null | undefined;
  const unref = (): void => {
    child.unref();
    channel?.unref?.();
  };
  unref();
  child.on("message", (message) => {
    const event = message as ProcessEvent;
    if (event.type === "failure") listener.onFailure(event.found, undefined);
    else listener.onReply(withOwnReplyMemory(event.reply));
  });
  child.once("error", (error) =>
    listener.onFailure(`a process that does not start: ${errorMessage(error)}`, error),
  );
  child.once("exit", (exitCode, signal) =>
    listener.onEnd(signal === null ? `its end, with exit code ${exitCode}` : `its end, by ${signal}`),
  );
  return {
    post(message) {
      child.send(message, (error) => {
        if (error !== null) listener.onFailure(`a call that it does not take: ${errorMessage(error)}`, error);
      });
    },
    ref() {
      child.ref();
      channel?.ref?.();
    },
    unref,
  };
}

/** What the process sends. */
export type ProcessEvent =
  | { readonly type: "reply"; readonly reply: WorkerReply }
  | { readonly type: "failure"; readonly found: string };

/** A call whose arrays have memory of their own, to transfer. All that arrive by a pipe are views of one. */
export function withOwnMemory(message: WorkerRequest<NodeLoadRequest>): WorkerRequest<NodeLoadRequest> {
  return message.call === "run" ? { call: "run", request: ownTensors(message.request) } : message;
}

function withOwnReplyMemory(reply: WorkerReply): WorkerReply {
  return reply.call === "run" ? { call: "run", reply: ownTensors(reply.reply) } : reply;
}

function ownTensors(tensors: Readonly<Record<string, WireTensor>>): Record<string, WireTensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]),
  );
}

/**
 * The script of the worker thread, found by its place in this package. Where a bundler has put this file elsewhere, the
 * script is the one of the package that the program would import, if there is one.
 *
 * @param base Where this file is; undefined in a bundle that is CommonJS.
 * @throws MissingRuntimeError where there is none.
 */
export function findWorkerScript(base: string | undefined = import.meta.url): URL {
  const beside = besideModule(base);
  if (beside !== undefined && existsSync(beside)) return beside;
  const installed = besidePackage(base);
  if (installed !== undefined && existsSync(installed)) return installed;
  throw new MissingRuntimeError({
    subject: "inference worker",
    found: `no script at ${beside === undefined ? "a place that this bundle knows" : fileURLToPath(beside)}`,
    expected: "the files of the package @onestep/runtime",
    remedy:
      "Leave @onestep/runtime and onnxruntime-node out of the bundle (esbuild: `--external:@onestep/runtime`; Vite: " +
      "`ssr.external`; Next.js: `serverExternalPackages`), and install them where the bundle runs.",
  });
}

/** Written so that it holds from src/caller/node and from dist/caller/node: a worker cannot run TypeScript. */
const place = "../../../dist/worker/node/inference-worker.js";

function besideModule(base: string | undefined): URL | undefined {
  if (base === undefined || !URL.canParse(place, base)) return undefined;
  const url = new URL(place, base);
  return url.protocol === "file:" ? url : undefined;
}

function besidePackage(base: string | undefined): URL | undefined {
  const { createRequire } = process.getBuiltinModule("node:module");
  const program = pathToFileURL(`${process.cwd()}/`).href;
  for (const from of base?.startsWith("file:") ? [base, program] : [program]) {
    try {
      const manifest = createRequire(from).resolve("@onestep/runtime/package.json");
      return new URL("dist/worker/node/inference-worker.js", pathToFileURL(manifest));
    } catch {
      // Elsewhere, perhaps.
    }
  }
  return undefined;
}
