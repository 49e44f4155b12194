import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findRuntimes } from "./find-runtimes.ts";
import { findWorkerScript } from "./worker-script.ts";

let folder: string;
const linux = { platform: "linux", architecture: "x64", musl: false };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "onestep-runtime-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

function place(path: string, text = "{}"): void {
  const file = join(folder, "node_modules", path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

const find = (machine = linux) => findRuntimes(pathToFileURL(join(folder, "worker.js")), machine);

describe("findRuntimes", () => {
  it("finds what is installed here", () => {
    expect(findRuntimes(findWorkerScript())).toEqual({ native: true, reason: undefined, web: true });
  });

  it("finds nothing where nothing is", () => {
    expect(find()).toEqual({ native: false, reason: "onnxruntime-node is not installed", web: false });
  });

  it("finds onnxruntime-web alone", () => {
    place("onnxruntime-web/index.js");
    expect(find()).toMatchObject({ native: false, web: true });
  });

  it.each([
    ["darwin-x64", { platform: "darwin", architecture: "x64", musl: false }],
    ["linux-x64 with musl", { ...linux, musl: true }],
  ])("knows that there is no library for %s", (name, machine) => {
    place("onnxruntime-node/package.json");
    place("onnxruntime-node/bin/napi-v6/linux/x64/onnxruntime_binding.node", "");
    expect(find(machine)).toMatchObject({
      native: false,
      reason: `onnxruntime-node has no library for ${name}`,
    });
    expect(find()).toMatchObject({ native: true });
  });

  it("knows an installation without its library", () => {
    place("onnxruntime-node/package.json");
    expect(find()).toMatchObject({ native: false, reason: "onnxruntime-node has no library for linux-x64" });
  });
});
