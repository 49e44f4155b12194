import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MissingRuntimeError } from "../../errors.ts";
import { OneTimeWarning } from "../one-time-warning.ts";
import { chooseNodeDevices, findRuntimes } from "./devices.ts";
import { findWorkerScript } from "./start-worker.ts";

let folder: string;
const linux = { platform: "linux", architecture: "x64", musl: false };

const all = { native: true, reason: undefined, web: true };
const webAlone = { native: false, reason: "onnxruntime-node is not installed", web: true };
const none = { ...webAlone, web: false };

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

describe("chooseNodeDevices", () => {
  it("takes onnxruntime-node where it is there, and onnxruntime-web where it is asked for", () => {
    expect(chooseNodeDevices(undefined, all)).toEqual(["cpu"]);
    expect(chooseNodeDevices("auto", all)).toEqual(["cpu"]);
    expect(chooseNodeDevices("cpu", all)).toEqual(["cpu"]);
    expect(chooseNodeDevices("wasm", all)).toEqual(["wasm"]);
  });

  it("takes onnxruntime-web where there is nothing else, and says once what it costs and what helps", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const warning = new OneTimeWarning();
    expect(chooseNodeDevices("wasm", webAlone, warning)).toEqual(["wasm"]);
    expect(warn).not.toHaveBeenCalled();
    expect(chooseNodeDevices(undefined, webAlone, warning)).toEqual(["wasm"]);
    expect(chooseNodeDevices("auto", webAlone, warning)).toEqual(["wasm"]);
    expect(warn.mock.calls).toEqual([
      [
        "[onestep] The model runs on WebAssembly, several times slower than natively, because onnxruntime-node is not " +
          "installed. Run `npm install --save-optional --ignore-scripts onnxruntime-node`, or pass the device " +
          '"wasm" to leave it at that.',
      ],
    ]);
  });

  it.each([
    ["cpu", webAlone, "Run `npm install --save-optional --ignore-scripts onnxruntime-node`"],
    ["auto", none, "found that onnxruntime-node is not installed"],
    [undefined, none, "found that onnxruntime-node is not installed"],
    ["wasm", none, "Run `npm install onnxruntime-web`"],
  ] as const)("says what to install for %s", (requested, found, message) => {
    const choose = () => chooseNodeDevices(requested, found);
    expect(choose).toThrow(MissingRuntimeError);
    expect(choose).toThrow(message);
  });
});
