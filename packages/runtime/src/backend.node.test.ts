import { totalmem } from "node:os";
import { describe, expect, it } from "vitest";
import { inferenceBackend } from "./backend.node.ts";

describe("inferenceBackend", () => {
  it("has the CPU in Node, which computes in float32, and a GPU only where it is asked for", async () => {
    const cpu = [{ device: "cpu", precisions: ["float32"] }];
    expect(await inferenceBackend.findDevices("auto")).toEqual(cpu);
    expect(await inferenceBackend.findDevices(undefined)).toEqual(cpu);
  });

  it("knows the memory of the machine, and not that of a GPU", () => {
    expect(inferenceBackend.memory?.("cpu")).toBeGreaterThan(1e8);
    expect(inferenceBackend.memory?.("cpu")).toBeLessThanOrEqual(totalmem());
    expect(inferenceBackend.memory?.("webgpu")).toBeUndefined();
  });

  it("has WebAssembly in Node where it is asked for", async () => {
    expect(await inferenceBackend.findDevices("wasm")).toEqual([{ device: "wasm", precisions: ["float32"] }]);
  });
});
