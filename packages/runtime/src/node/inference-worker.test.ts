import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { identityGraph } from "../__fixtures__/graphs.ts";
import { MissingRuntimeError } from "../errors/missing-runtime-error.ts";
import type { InferenceSession } from "../inference-session.ts";
import { startWorkerSession } from "./start-worker-session.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-runtime-"));
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  // Out of the reach of this repository's node_modules.
  for (const room of ["node", "worker"]) {
    const compiled = fileURLToPath(new URL(`../../dist/${room}`, import.meta.url));
    await cp(compiled, join(folder, room), { recursive: true });
  }
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Puts a package in the place of onnxruntime-node. */
async function installRuntime(source: string): Promise<void> {
  const packageFolder = join(folder, "node_modules", "onnxruntime-node");
  await mkdir(packageFolder, { recursive: true });
  await writeFile(join(packageFolder, "package.json"), '{ "type": "module", "exports": "./index.js" }');
  await writeFile(join(packageFolder, "index.js"), source);
}

function start(): Promise<InferenceSession> {
  return startWorkerSession(
    { graph: identityGraph("float32"), files: new Map() },
    { device: "cpu", threads: 1, optimizeFor: "throughput", signal: undefined },
    pathToFileURL(join(folder, "node", "inference-worker.js")),
  );
}

describe("inference-worker", () => {
  it("says how to install onnxruntime-node where it is not installed", async () => {
    const starting = start();
    await expect(starting).rejects.toThrow(MissingRuntimeError);
    await expect(starting).rejects.toThrow("onnxruntime-node: found no such package");
    await expect(starting).rejects.toThrow("Run `npm install onnxruntime-node`");
  });

  it("says what went wrong where onnxruntime-node does not load", async () => {
    await installRuntime('throw Object.assign(new Error("wrong ELF class"), { code: "ERR_DLOPEN_FAILED" });');
    const starting = start();
    await expect(starting).rejects.toThrow(MissingRuntimeError);
    await expect(starting).rejects.toThrow("a native library that does not load on");
    await expect(starting).rejects.toThrow("The loader says: wrong ELF class");
  });
});
