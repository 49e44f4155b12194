import { InvalidArgumentError } from "@onestep/core";
import { isBlob } from "@onestep/core/internal";
import type { StartOptions } from "../../backend.ts";
import type { OnnxruntimeModel, WeightsFile } from "../../onnxruntime/prepare-model.ts";
import type {
  ReadReply,
  ReadRequest,
  RemoteFile,
  SessionDescription,
  WebLoadRequest,
} from "../../protocol.ts";
import type { InferenceSession, OnnxruntimeBuild } from "../../session.ts";
import type { WeightsReader } from "../../stored-weight.ts";
import { translateFailure } from "../failures.ts";
import { loadModel, WorkerSession } from "../worker-session.ts";
import { RecoveringConnection, WebConnection } from "./connection.ts";
import { translateStartFailure, translateWorkerRefusal } from "./failures.ts";
import { chooseThreads, detectWebPlatform, type WebPlatform } from "./platform.ts";

interface LoadedWorker {
  readonly worker: WebConnection;
  readonly description: SessionDescription;
}

/**
 * Starts a session in its own Web Worker. See `createInferenceSession`.
 *
 * @param startWorker Starts the worker, unless the option `web.startWorker` does.
 */
export async function startWebSession(
  model: OnnxruntimeModel,
  options: StartOptions,
  startWorker: (build: OnnxruntimeBuild) => Worker,
  platform: WebPlatform = detectWebPlatform(),
): Promise<InferenceSession> {
  const { device, threads, optimizeFor, signal, web = {} } = options;
  const build = platform.canSuspend ? "jspi" : "asyncify";
  const settings: Omit<WebLoadRequest, "files"> = {
    graph: model.graph,
    device: device === "webgpu" ? "webgpu" : "wasm",
    threads: device === "webgpu" ? 1 : chooseThreads(threads, platform),
    optimizeFor,
    build,
    wasmFolder: web.wasmFolder === undefined ? undefined : folderUrl(web.wasmFolder),
  };
  const load = async (signal?: AbortSignal): Promise<LoadedWorker> => {
    const failures: unknown[] = [];
    const files = new Map(
      [...model.files].map(([location, file]) => [location, lend(location, file, failures)]),
    );
    const transfer = [...files.values()].flatMap((file) => (isBlob(file) ? [] : [file.port]));
    const worker = new WebConnection(startOrExplain(() => web.startWorker?.(build) ?? startWorker(build)));
    try {
      return { worker, description: await loadModel(worker, { ...settings, files }, { signal, transfer }) };
    } catch (error) {
      signal?.throwIfAborted();
      throw failures[0] ?? translateFailure(translateStartFailure(error, build), [...model.files.keys()]);
    }
  };
  const { worker, description } = await load(signal);
  const recovering = new RecoveringConnection(worker, async () => (await load()).worker);
  return new WorkerSession(device, recovering, description);
}

/** @throws UnsupportedError or MissingRuntimeError that explains why the worker cannot be started here. */
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

/**
 * Serves a file to a worker over a port, answering requests for bytes. Errors stay with the caller, which knows their
 * types; the worker only learns that there was one.
 *
 * @param onFailure Called with the error of a failed read.
 */
function lendFile(file: WeightsReader, onFailure: (error: unknown) => void): RemoteFile {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = async ({ data }: MessageEvent<ReadRequest>) => {
    try {
      const bytes = await file.read(...data);
      // A reader may return a view of memory that it keeps.
      const owned = bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
      port1.postMessage({ bytes: owned } satisfies ReadReply, [owned.buffer as ArrayBuffer]);
    } catch (error) {
      onFailure(error);
      port1.postMessage({ bytes: undefined } satisfies ReadReply);
    }
  };
  return { size: file.size, port: port2 };
}

/** The absolute URL of a folder, with a slash at its end. @throws InvalidArgumentError if it is invalid. */
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
