import { describe, expect, it } from "vitest";
import { inferenceBackend } from "./inference-backend.node.ts";

describe("inferenceBackend", () => {
  it("has the CPU in Node", async () => {
    expect(await inferenceBackend.findDevices("auto")).toEqual(["cpu"]);
  });
});
