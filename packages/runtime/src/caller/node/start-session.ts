import type { Stats } from "node:fs";
import { lstat, open } from "node:fs/promises";
import { InvalidArgumentError, UnsupportedError } from "@onestep/core";
import type { StartOptions } from "../../backend.ts";
import { WeightsFileError } from "../../errors.ts";
import { planWeightFiles } from "../../onnxruntime/plan-weight-files.ts";
import type { OnnxruntimeModel, WeightsFile } from "../../onnxruntime/prepare-model.ts";
import type { NodeLoadRequest } from "../../protocol.ts";
import type { InferenceSession } from "../../session.ts";
import { translateFailure } from "../failures.ts";
import { loadModel, WorkerSession } from "../worker-session.ts";
import { NodeConnection } from "./connection.ts";
import { isOtherRuntime, translateImportFailure } from "./failures.ts";
import { GpuConnection } from "./gpu.ts";
import { findWorkerScript, startProcess } from "./start-worker.ts";
import { limitThreads, physicalCoreCount } from "./threads.ts";

/** More threads do not speed up wasm: its kernels are short, so threads wait for each other. */
const mostUsefulThreads = 8;

/** Starts a session in its own worker. See `createInferenceSession`. */
export async function startNodeSession(
  model: OnnxruntimeModel,
  options: StartOptions,
  script: URL = findWorkerScript(),
): Promise<InferenceSession> {
  const { device, signal } = options;
  const request = device === "wasm" ? await wasmRequest(model, options) : await nativeRequest(model, options);
  signal?.throwIfAborted();
  const start = async (connection: NodeConnection): Promise<InferenceSession> => {
    const worker = device === "webgpu" ? new GpuConnection(connection) : connection;
    return new WorkerSession(device, worker, await loadModel(worker, request, { signal }));
  };
  try {
    return await start(new NodeConnection(script)).catch((error: unknown) => {
      // An onnxruntime already loaded by the program conflicts in this process only.
      if (signal?.aborted || !isOtherRuntime(error)) throw error;
      return start(new NodeConnection(script, startProcess));
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    const paths = [...model.files.values()].filter((file) => typeof file === "string");
    throw translateFailure(translateImportFailure(error), paths);
  }
}

async function nativeRequest(model: OnnxruntimeModel, options: StartOptions): Promise<NodeLoadRequest> {
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

async function wasmRequest(model: OnnxruntimeModel, options: StartOptions): Promise<NodeLoadRequest> {
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

/** @throws UnsupportedError if a file is not on disk; onnxruntime-node can only map files. */
function requirePaths(files: ReadonlyMap<string, WeightsFile>): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  for (const [location, file] of files) {
    if (typeof file !== "string") {
      throw new UnsupportedError({
        subject: location,
        found: "a file that is not on disk",
        expected: "a file on disk",
        remedy: "Save it into a folder first, and load the model from there.",
        summary: `${location} is not on disk.`,
      });
    }
    paths.set(location, file);
  }
  return paths;
}

/** The folder that locations are relative to. @throws InvalidArgumentError if they do not match the plan. */
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

/**
 * Checks that every path is a regular file that can be read.
 *
 * @throws WeightsFileError for the first path that is not.
 */
export async function checkWeightFiles(paths: Iterable<string>): Promise<void> {
  for (const path of paths) {
    try {
      const kind = describeKind(await lstat(path));
      if (kind !== undefined) throw problem(path, kind);
      const file = await open(path);
      await file.close();
    } catch (error) {
      throw error instanceof WeightsFileError ? error : problem(path, describeSystemError(error), error);
    }
  }
}

/** Describes what was found instead of a regular file. */
function describeKind(stats: Stats): string | undefined {
  if (stats.isFile()) return undefined;
  if (stats.isDirectory()) return "a folder";
  return stats.isSymbolicLink() ? "a symbolic link" : "something that is not a regular file";
}

function describeSystemError(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "no such file";
  return code === "EACCES" || code === "EPERM" ? "a file that this process may not read" : message;
}

function problem(path: string, found: string, cause?: unknown): WeightsFileError {
  return new WeightsFileError(
    {
      subject: path,
      found,
      expected: "a regular file with the weights of the model, its path resolved with `realpath`",
      remedy: "Load the checkpoint again from where it is complete.",
    },
    { cause },
  );
}
