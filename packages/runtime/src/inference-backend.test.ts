import { UnsupportedError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { inferenceBackend as browserBackend } from "./inference-backend.browser.ts";
import { inferenceBackend as nodeBackend } from "./inference-backend.node.ts";

describe("inferenceBackend", () => {
  it("has the CPU in Node", () => {
    expect(nodeBackend.devices).toEqual(["cpu"]);
  });

  it("has nothing in browsers yet, and says so", async () => {
    expect(browserBackend.devices).toEqual([]);
    const start = browserBackend.start(
      { graph: new Uint8Array(), files: new Map() },
      { device: "wasm", threads: undefined, optimizeFor: "throughput", signal: undefined },
    );
    await expect(start).rejects.toThrow(UnsupportedError);
    await expect(start).rejects.toThrow("createInferenceSession: found a platform other than Node");
  });
});
