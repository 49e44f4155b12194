import { describe, expect, it } from "vitest";
import { MissingRuntimeError } from "../../errors.ts";
import { WorkerCallError } from "../connection.ts";
import { translateImportFailure } from "./failures.ts";

function translate(message: string, code: string): unknown {
  return translateImportFailure(new WorkerCallError({ stage: "import", message, code }));
}

describe("translateImportFailure", () => {
  it("says how to install onnxruntime-node where it is missing", () => {
    const error = translate("Cannot find package 'onnxruntime-node'", "ERR_MODULE_NOT_FOUND");
    expect(error).toBeInstanceOf(MissingRuntimeError);
    expect(error).toHaveProperty(
      "message",
      expect.stringContaining("`npm install --save-optional --ignore-scripts onnxruntime-node`"),
    );
  });

  it.each([
    [
      "Yarn's Plug'n'Play",
      "@onestep/runtime tried to access onnxruntime-node (a peer dependency) but it isn't provided by its ancestors",
      "MODULE_NOT_FOUND",
      "onnxruntime-node: found no such package",
    ],
    [
      "onnxruntime-web",
      "Cannot find package 'onnxruntime-web' imported from /x.js",
      "ERR_MODULE_NOT_FOUND",
      "onnxruntime-web: found no such package",
    ],
    [
      "a machine without a library",
      "Cannot find module '../bin/napi-v6/linux/ppc64/onnxruntime_binding.node'",
      "MODULE_NOT_FOUND",
      "a native library that does not load on",
    ],
    [
      "the permission model",
      "Cannot load native addon because loading addons is disabled.",
      "ERR_DLOPEN_DISABLED",
      "Start Node with --allow-addons",
    ],
    [
      "another version on Linux",
      "/x/libonnxruntime.so.1: version `VERS_1.30.0' not found (required by /y/onnxruntime_binding.node)",
      "ERR_DLOPEN_FAILED",
      "another version of it, which this process has loaded already",
    ],
    [
      "another version on Windows",
      "The requested API version [30] is not available, only API versions [1, 21] are supported",
      "ERR_DLOPEN_FAILED",
      "another version of it, which this process has loaded already",
    ],
  ])("names the cause: %s", (_name, said, code, message) => {
    const error = translate(said, code);
    expect(error).toBeInstanceOf(MissingRuntimeError);
    expect(error).toHaveProperty("message", expect.stringContaining(message));
  });

  it("says what the loader said where the native library does not load", () => {
    const error = translate("libonnxruntime.so.1: cannot open shared object file", "ERR_DLOPEN_FAILED");
    expect(error).toBeInstanceOf(MissingRuntimeError);
    expect(error).toHaveProperty(
      "message",
      expect.stringContaining("a native library that does not load on"),
    );
    expect(error).toHaveProperty("message", expect.stringContaining("The loader says: libonnxruntime.so.1"));
  });

  it("leaves every other error as it is", () => {
    const error = new WorkerCallError({ stage: "create", message: "no such graph", code: undefined });
    expect(translateImportFailure(error)).toBe(error);
  });
});
