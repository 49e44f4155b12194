import { InvalidArgumentError } from "@onestep/core";
import type { StartOptions } from "../inference-backend.ts";
import type { GraphWithWeights, InferenceSession } from "../inference-session.ts";
import { planWeightFiles } from "../plan-weight-files.ts";
import { checkOutputs } from "./check-outputs.ts";
import { checkWeightFiles } from "./check-weight-files.ts";
import { physicalCoreCount } from "./physical-core-count.ts";
import { translateFailure } from "./translate-failure.ts";
import { WorkerConnection } from "./worker-connection.ts";
import { WorkerSession } from "./worker-session.ts";

// Written so that it holds from src/node and from dist/node: a worker cannot run the TypeScript source.
const workerScript: URL = new URL("../../dist/node/inference-worker.js", import.meta.url);

/** Starts a session in a worker thread of its own. See `createInferenceSession`. */
export async function startWorkerSession(
  model: GraphWithWeights,
  options: StartOptions,
  script: URL = workerScript,
): Promise<InferenceSession> {
  const { device, threads = physicalCoreCount(), optimizeFor, signal } = options;
  const folder = checkLocations(model.files);
  await checkWeightFiles(model.files.values());
  signal?.throwIfAborted();

  // onnxruntime-node sends usage data and writes to ~/.cache unless its native library finds this in the process's
  // environment. It is set here because a worker's own `process.env` is a copy that native code does not see.
  process.env["ORT_DISABLE_TELEMETRY"] ??= "1";

  const worker = new WorkerConnection(script);
  const loading = worker.call("load", { graph: model.graph, folder, threads, optimizeFor });
  try {
    const description = await orAbort(loading, signal);
    checkOutputs(description.outputs);
    return new WorkerSession(device, worker, description);
  } catch (error) {
    const ended = loading.catch(() => {}).then(() => worker.end());
    if (signal?.aborted) throw error;
    await ended;
    throw translateFailure(error, [...model.files.values()]);
  }
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

/** Settles as `work` does, or rejects with the signal's reason as soon as it is aborted. */
function orAbort<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
