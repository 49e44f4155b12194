import { describe, expect, it } from "vitest";
import { inferenceBackend } from "./backend.node.ts";
import { findPrecisions } from "./options.ts";

describe("inferenceBackend", () => {
  it("has the CPU in Node, and a GPU only where it is asked for", async () => {
    expect(await inferenceBackend.findDevices("auto", 0)).toEqual(["cpu"]);
    expect(await inferenceBackend.findDevices(undefined, 0)).toEqual(["cpu"]);
  });

  it("has WebAssembly in Node where it is asked for", async () => {
    expect(await inferenceBackend.findDevices("wasm", 0)).toEqual(["wasm"]);
    expect(await findPrecisions("wasm")).toEqual(["float32"]);
  });

  it("computes in float32 on the CPU", async () => {
    expect(await findPrecisions("cpu")).toEqual(["float32"]);
  });
});
