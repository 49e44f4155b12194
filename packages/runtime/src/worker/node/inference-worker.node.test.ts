import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { identityGraph } from "../../__fixtures__/graphs.ts";
import { startNodeSession } from "../../caller/node/start-session.ts";
import { MissingRuntimeError } from "../../errors.ts";
import type { InferenceSession } from "../../session.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-runtime-"));
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  const core = fileURLToPath(new URL("../../../../core", import.meta.url));
  await mkdir(join(folder, "node_modules", "@onestep"), { recursive: true });
  await symlink(core, join(folder, "node_modules", "@onestep", "core"), "junction");
  // Out of the reach of this repository's node_modules.
  await cp(fileURLToPath(new URL("../../../dist", import.meta.url)), join(folder, "dist"), {
    recursive: true,
  });
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
  return startNodeSession(
    { graph: identityGraph("float32"), files: new Map() },
    { device: "cpu", threads: 1, optimizeFor: "throughput", signal: undefined },
    pathToFileURL(join(folder, "dist", "worker", "node", "inference-worker.js")),
  );
}

describe("inference-worker", () => {
  it("says how to install onnxruntime-node where it is not installed", async () => {
    const starting = start();
    await expect(starting).rejects.toThrow(MissingRuntimeError);
    await expect(starting).rejects.toThrow("onnxruntime-node: found no such package");
    await expect(starting).rejects.toThrow(
      "Run `npm install --save-optional --ignore-scripts onnxruntime-node`",
    );
  });

  it("tries again in a process of its own where another onnxruntime is loaded in this one", async () => {
    await installRuntime(
      `throw Object.assign(new Error("/x/libonnxruntime.so.1: version \`VERS_1.30.0' not found, in " + process.pid), { code: "ERR_DLOPEN_FAILED" });`,
    );
    const error = await start().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MissingRuntimeError);
    const { message } = error as MissingRuntimeError;
    expect(message).toContain(
      "another version of it, which this process has loaded already: /x/libonnxruntime.so.1",
    );
    expect(message).toContain("`overrides` in package.json");
    expect(message).not.toContain(`in ${process.pid},`);
  });

  it("says what went wrong where onnxruntime-node does not load", async () => {
    await installRuntime('throw Object.assign(new Error("wrong ELF class"), { code: "ERR_DLOPEN_FAILED" });');
    const starting = start();
    await expect(starting).rejects.toThrow(MissingRuntimeError);
    await expect(starting).rejects.toThrow("a native library that does not load on");
    await expect(starting).rejects.toThrow("The loader says: wrong ELF class");
  });
});
