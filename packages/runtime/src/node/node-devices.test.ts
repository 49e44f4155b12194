import { describe, expect, it, vi } from "vitest";
import { MissingRuntimeError } from "../errors/missing-runtime-error.ts";
import { OneTimeWarning } from "../one-time-warning.ts";
import { chooseNodeDevices } from "./node-devices.ts";

const all = { native: true, reason: undefined, web: true };
const webAlone = { native: false, reason: "onnxruntime-node is not installed", web: true };
const none = { ...webAlone, web: false };

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
