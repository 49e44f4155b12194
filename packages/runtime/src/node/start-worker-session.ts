import { InvalidArgumentError, UnsupportedError } from "@onestep/core";
import type { StartOptions } from "../inference-backend.ts";
import type { GraphWithWeights, InferenceSession } from "../inference-session.ts";
import { planWeightFiles } from "../plan-weight-files.ts";
import type { WeightsFile } from "../weights-file.ts";
import { checkOutputs } from "../worker/check-outputs.ts";
import { orAbort } from "../worker/or-abort.ts";
import { translateFailure } from "../worker/translate-failure.ts";
import { WorkerSession } from "../worker/worker-session.ts";
import { checkWeightFiles } from "./check-weight-files.ts";
import { GpuWorker } from "./gpu-worker.ts";
import { limitThreads } from "./limit-threads.ts";
import { physicalCoreCount } from "./physical-core-count.ts";
import { isOtherRuntime, translateImportFailure } from "./translate-import-failure.ts";
import { WorkerConnection } from "./worker-connection.ts";
import type { LoadRequest } from "./worker-messages.ts";
import { startProcess } from "./worker-process.ts";
import { findWorkerScript } from "./worker-script.ts";

/** More make wasm no faster: its kernels are short, and threads wait for each other. */
const mostUsefulThreads = 8;

/** Starts a session in a worker of its own. See `createInferenceSession`. */
export async function startWorkerSession(
  model: GraphWithWeights,
  options: StartOptions,
  script: URL = findWorkerScript(),
): Promise<InferenceSession> {
  const { device, signal } = options;
  const request = device === "wasm" ? await wasmRequest(model, options) : await nativeRequest(model, options);
  signal?.throwIfAborted();
  const paths = [...model.files.values()].filter((file) => typeof file === "string");
  const start = async (connection: WorkerConnection): Promise<InferenceSession> => {
    const worker = device === "webgpu" ? new GpuWorker(connection) : connection;
    const loading = worker.call("load", request);
    try {
      const description = await orAbort(loading, signal);
      checkOutputs(description.outputs);
      return new WorkerSession(device, worker, description);
    } catch (error) {
      const ended = loading.catch(() => {}).then(() => worker.end());
      if (signal?.aborted) throw error;
      await ended;
      throw error;
    }
  };
  try {
    return await start(new WorkerConnection(script)).catch((error: unknown) => {
      // Another onnxruntime that the program has loaded is in the way in this process, and in no other.
      if (signal?.aborted || !isOtherRuntime(error)) throw error;
      return start(new WorkerConnection(script, startProcess));
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw translateFailure(translateImportFailure(error), paths);
  }
}

async function nativeRequest(model: GraphWithWeights, options: StartOptions): Promise<LoadRequest> {
  const { device, threads, optimizeFor } = options;
  const files = requirePaths(model.files);
  const folder = checkLocations(files);
  await checkWeightFiles(files.values());
  return {
    graph: model.graph,
    folder,
    device: device === "webgpu" ? "webgpu" : "cpu",
    threads: limitThreads(threads) ?? physicalCoreCount(),
    optimizeFor,
  };
}

async function wasmRequest(model: GraphWithWeights, options: StartOptions): Promise<LoadRequest> {
  const files = new Map<string, string | Uint8Array>();
  for (const [location, file] of model.files) {
    if (typeof file === "string") await checkWeightFiles([file]);
    files.set(location, typeof file === "string" ? file : await readAll(file));
  }
  const threads = limitThreads(options.threads) ?? Math.min(physicalCoreCount() || 1, mostUsefulThreads);
  return { graph: model.graph, device: "wasm", files, threads, optimizeFor: options.optimizeFor };
}

async function readAll(file: Exclude<WeightsFile, string>): Promise<Uint8Array> {
  return "read" in file ? file.read(0, file.size) : new Uint8Array(await file.arrayBuffer());
}

/** @throws UnsupportedError where a file is not on disk, from where alone onnxruntime-node maps it. */
function requirePaths(files: ReadonlyMap<string, WeightsFile>): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  for (const [location, file] of files) {
    if (typeof file !== "string") {
      throw new UnsupportedError({
        subject: location,
        found: "a file that is not on disk",
        expected: "a file on disk",
        remedy: "Save it into a folder first, and load the model from there.",
      });
    }
    paths.set(location, file);
  }
  return paths;
}

/** The folder that the locations start from. @throws InvalidArgumentError where they are not those of the plan. */
function checkLocations(files: ReadonlyMap<string, string>): string | undefined {
  const { folder, locations } = planWeightFiles(files.values());
  for (const [location, path] of files) {
    const expected = locations.get(path);
    if (location !== expected) {
      throw new InvalidArgumentError({
        subject: `files, the location of ${path}`,
        found: JSON.stringify(location),
        expected: JSON.stringify(expected),
        remedy: "Name the files in the graph as `planWeightFiles` says.",
      });
    }
  }
  return folder;
}
