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
import { physicalCoreCount } from "./physical-core-count.ts";
import { translateImportFailure } from "./translate-import-failure.ts";
import { WorkerConnection } from "./worker-connection.ts";
import { findWorkerScript } from "./worker-script.ts";

/** Starts a session in a worker thread of its own. See `createInferenceSession`. */
export async function startWorkerSession(
  model: GraphWithWeights,
  options: StartOptions,
  script: URL = findWorkerScript(),
): Promise<InferenceSession> {
  const { device, threads = physicalCoreCount(), optimizeFor, signal } = options;
  const files = requirePaths(model.files);
  const folder = checkLocations(files);
  await checkWeightFiles(files.values());
  signal?.throwIfAborted();

  const connection = new WorkerConnection(script);
  const worker = device === "webgpu" ? new GpuWorker(connection) : connection;
  const loading = worker.call("load", {
    graph: model.graph,
    folder,
    device: device === "webgpu" ? "webgpu" : "cpu",
    threads,
    optimizeFor,
  });
  try {
    const description = await orAbort(loading, signal);
    checkOutputs(description.outputs);
    return new WorkerSession(device, worker, description);
  } catch (error) {
    const ended = loading.catch(() => {}).then(() => worker.end());
    if (signal?.aborted) throw error;
    await ended;
    throw translateFailure(translateImportFailure(error), [...files.values()]);
  }
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
