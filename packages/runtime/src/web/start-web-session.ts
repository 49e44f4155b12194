import { InvalidArgumentError, isBlob } from "@onestep/core";
import type { StartOptions } from "../inference-backend.ts";
import type { GraphWithWeights, InferenceSession } from "../inference-session.ts";
import type { WeightsFile } from "../weights-file.ts";
import { checkOutputs } from "../worker/check-outputs.ts";
import { orAbort } from "../worker/or-abort.ts";
import { translateFailure } from "../worker/translate-failure.ts";
import type { SessionDescription } from "../worker/worker-calls.ts";
import { WorkerSession } from "../worker/worker-session.ts";
import { chooseThreads } from "./choose-threads.ts";
import { lendFile } from "./file-port.ts";
import { RecoveringWorker } from "./recovering-worker.ts";
import { startInferenceWorker } from "./start-inference-worker.ts";
import { translateStartFailure } from "./translate-start-failure.ts";
import { translateWorkerRefusal } from "./translate-worker-refusal.ts";
import type { RemoteFile, WebLoadRequest } from "./web-load-request.ts";
import { detectWebPlatform, type WebPlatform } from "./web-platform.ts";
import { WebWorkerConnection } from "./web-worker-connection.ts";

/** Starts a session in a Web Worker of its own. See `createInferenceSession`. */
export async function startWebSession(
  model: GraphWithWeights,
  options: StartOptions,
  platform: WebPlatform = detectWebPlatform(),
): Promise<InferenceSession> {
  const { device, threads, optimizeFor, signal, web = {} } = options;
  const settings: WorkerSettings = {
    device: device === "webgpu" ? "webgpu" : "wasm",
    build: platform.canSuspend ? "jspi" : "asyncify",
    wasmFolder: web.wasmFolder === undefined ? undefined : folderUrl(web.wasmFolder),
    threads: device === "webgpu" ? 1 : chooseThreads(threads, platform),
    optimizeFor,
  };
  const start = (): Worker => web.startWorker?.(settings.build) ?? startInferenceWorker(settings.build);
  const { worker, description } = await startWorker(model, settings, start, signal);
  const recovering = new RecoveringWorker(
    worker,
    async () => (await startWorker(model, settings, start)).worker,
  );
  return new WorkerSession(device, recovering, description);
}

type WorkerSettings = Omit<WebLoadRequest, "graph" | "files">;

interface StartedWorker {
  readonly worker: WebWorkerConnection;
  readonly description: SessionDescription;
}

/** Starts a worker and has it load the model. */
async function startWorker(
  model: GraphWithWeights,
  settings: WorkerSettings,
  start: () => Worker,
  signal?: AbortSignal,
): Promise<StartedWorker> {
  const failures: unknown[] = [];
  const files = new Map(
    [...model.files].map(([location, file]) => [location, lend(location, file, failures)]),
  );
  const request: WebLoadRequest = { ...settings, graph: model.graph, files };
  const ports = [...files.values()].flatMap((file) => (isBlob(file) ? [] : [file.port]));
  const worker = new WebWorkerConnection(startOrExplain(start));
  try {
    const description = await orAbort(worker.call("load", request, ports), signal);
    checkOutputs(description.outputs);
    return { worker, description };
  } catch (error) {
    await worker.end();
    signal?.throwIfAborted();
    const translated = translateStartFailure(error, settings.build);
    throw failures[0] ?? translateFailure(translated, [...model.files.keys()]);
  }
}

/** @throws UnsupportedError or MissingRuntimeError that says why the worker may not be started here. */
function startOrExplain(start: () => Worker): Worker {
  try {
    return start();
  } catch (error) {
    throw translateWorkerRefusal(error);
  }
}

function lend(location: string, file: WeightsFile, failures: unknown[]): Blob | RemoteFile {
  if (isBlob(file)) return file;
  if (typeof file !== "string") return lendFile(file, (error) => failures.push(error));
  throw new InvalidArgumentError({
    subject: `files, ${location}`,
    found: `the path ${file}`,
    expected: "a Blob, or a reader, since a browser has no paths",
    remedy: "Open the repository in the browser, too.",
  });
}

/** The absolute URL of a folder, with a slash at its end. @throws InvalidArgumentError where it is none. */
function folderUrl(folder: string | URL): string {
  const url = URL.parse(folder, globalThis.location?.href);
  if (url === null) {
    throw new InvalidArgumentError({
      subject: "web.wasmFolder",
      found: JSON.stringify(folder),
      expected: "the URL of a folder",
      remedy: "Pass an absolute URL, or one that is relative to the page.",
    });
  }
  return url.pathname.endsWith("/") ? url.href : `${url.href}/`;
}
