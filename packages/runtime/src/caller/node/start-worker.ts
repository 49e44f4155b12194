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
  /** Posts a call. The buffers in `transfer` may be detached from this thread. */
  post(message: WorkerRequest<NodeLoadRequest>, transfer: readonly ArrayBuffer[]): void;
  /** Keeps the process alive from now on. Initially it does not. */
  ref(): void;
  /** Stops keeping the process alive. */
  unref(): void;
}

/** Events of a {@link WorkerPort}. */
export interface WorkerPortListener {
  onReply(reply: WorkerReply): void;
  /** It failed outside a call and is ending. `found` says what happened. */
  onFailure(found: string, cause: unknown): void;
  /** It has ended. `found` says how. */
  onEnd(found: string): void;
}

/**
 * Starts a thread that answers calls.
 *
 * It must not be terminated inside onnxruntime; see {@link ExitGuard}. So only the main thread may use this:
 * terminating a thread immediately terminates the threads it started, and it cannot prevent that.
 *
 * @throws MissingRuntimeError if Node's permission model forbids threads.
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
      // First, since the worker may begin the call before this thread reaches the next line.
      guard.enter();
      worker.postMessage(message, transfer);
    },
    ref: () => worker.ref(),
    unref: () => worker.unref(),
  };
}

/**
 * Starts a process that answers calls in its own thread. It ends when the thread that started it is terminated, at any
 * moment; a nested thread would crash then: see `ExitGuard`.
 *
 * @param script The script of that thread.
 * @throws MissingRuntimeError if Node's permission model forbids processes.
 */
export function startProcess(script: URL, listener: WorkerPortListener): WorkerPort {
  let child: ReturnType<typeof fork>;
  try {
    child = fork(new URL("./inference-process.js", script), [fileURLToPath(script)], {
      execArgv: [],
      serialization: "advanced",
      // A pipe that outlives this thread would block its readers.
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
  } catch (error) {
    throw refusedByPermissions(error, "a process, as it has to in a worker thread", "--allow-child-process");
  }
  // Bun's channel does not support this.
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

/** A call whose arrays each own their memory, for transfer. Arrays received over a pipe are views of one buffer. */
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
 * The script of the worker thread, located relative to this file. If a bundler has moved this file, the script is
 * resolved from the installed package, if there is one.
 *
 * @param base The location of this file; undefined in a CommonJS bundle.
 * @throws MissingRuntimeError if there is none.
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

/** Works from both src/caller/node and dist/caller/node: a worker cannot run TypeScript. */
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
