import { InvalidArgumentError } from "@onestep/core";
import type { StartOptions } from "../inference-backend.ts";
import type { GraphWithWeights, InferenceSession } from "../inference-session.ts";
import type { WeightsFile } from "../weights-file.ts";
import { checkOutputs } from "../worker/check-outputs.ts";
import { orAbort } from "../worker/or-abort.ts";
import { translateFailure } from "../worker/translate-failure.ts";
import { WorkerSession } from "../worker/worker-session.ts";
import { chooseThreads } from "./choose-threads.ts";
import { lendFile } from "./file-port.ts";
import { startInferenceWorker } from "./start-inference-worker.ts";
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
  const failures: unknown[] = [];
  const files = new Map(
    [...model.files].map(([location, file]) => [location, lend(location, file, failures)]),
  );
  const build = platform.canSuspend ? "jspi" : "asyncify";
  const request: WebLoadRequest = {
    graph: model.graph,
    files,
    device: device === "webgpu" ? "webgpu" : "wasm",
    build,
    wasmFolder: web.wasmFolder === undefined ? undefined : folderUrl(web.wasmFolder),
    threads: device === "webgpu" ? 1 : chooseThreads(threads, platform),
    optimizeFor,
  };
  const ports = [...files.values()].flatMap((file) => (file instanceof Blob ? [] : [file.port]));
  const worker = new WebWorkerConnection(web.startWorker?.(build) ?? startInferenceWorker(build));
  try {
    const description = await orAbort(worker.call("load", request, ports), signal);
    checkOutputs(description.outputs);
    return new WorkerSession(device, worker, description);
  } catch (error) {
    await worker.end();
    signal?.throwIfAborted();
    throw failures[0] ?? translateFailure(error, [...model.files.keys()]);
  }
}

function lend(location: string, file: WeightsFile, failures: unknown[]): Blob | RemoteFile {
  if (file instanceof Blob) return file;
  if (typeof file !== "string") return lendFile(file, (error) => failures.push(error));
  throw new InvalidArgumentError({
    subject: `files, ${location}`,
    found: `the path ${file}`,
    expected: "a Blob, or a reader, since a browser has no paths",
    remedy: "Open the repository in the browser, too.",
  });
}

/** The absolute URL of a folder, with a slash at its end. */
function folderUrl(folder: string | URL): string {
  const url = new URL(folder, globalThis.location?.href);
  return url.pathname.endsWith("/") ? url.href : `${url.href}/`;
}
