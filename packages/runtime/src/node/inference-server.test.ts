import { describe, expect, it } from "vitest";
import { ExitGuard } from "./exit-guard.ts";
import { InferenceServer } from "./inference-server.ts";

// With onnxruntime, the server is tested through the thread that it runs in: create-inference-session.test.ts.
describe("InferenceServer", () => {
  it("replies with a failure to a run before a load", async () => {
    const server = new InferenceServer(new ExitGuard());
    expect(await server.answer({ call: "run", request: {} })).toEqual({
      call: "failure",
      failure: { stage: "run", message: "run was called before load", code: undefined },
    });
  });

  it("has nothing to free before a load", async () => {
    const server = new InferenceServer(new ExitGuard());
    expect(await server.answer({ call: "release", request: undefined })).toEqual({
      call: "release",
      reply: undefined,
    });
  });
});
