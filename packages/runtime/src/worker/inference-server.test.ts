import { describe, expect, it } from "vitest";
import { type Engine, InferenceServer, type Onnxruntime } from "./inference-server.ts";

const engine: Engine<Onnxruntime, undefined> = {
  importRuntime: () => Promise.reject(new Error("not here")),
  createSession: () => Promise.reject(new Error("not here")),
};

// With onnxruntime, the server is tested through the worker that it runs in: session.node.test.ts and
// start-session.browser.test.ts.
describe("InferenceServer", () => {
  it("replies with a failure to a run before a load", async () => {
    const server = new InferenceServer(engine);
    expect(await server.answer({ call: "run", request: {} })).toEqual({
      call: "failure",
      failure: { stage: "run", message: "run was called before load", code: undefined },
    });
  });

  it("has nothing to free before a load", async () => {
    const server = new InferenceServer(engine);
    expect(await server.answer({ call: "release", request: undefined })).toEqual({
      call: "release",
      reply: undefined,
    });
  });
});
