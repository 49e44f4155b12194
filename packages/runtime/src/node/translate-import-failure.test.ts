import { describe, expect, it } from "vitest";
import { MissingRuntimeError } from "../errors/missing-runtime-error.ts";
import { WorkerCallError } from "../worker/worker-call-error.ts";
import { translateImportFailure } from "./translate-import-failure.ts";

function translate(message: string, code: string): unknown {
  return translateImportFailure(new WorkerCallError({ stage: "import", message, code }));
}

describe("translateImportFailure", () => {
  it("says how to install onnxruntime-node where it is missing", () => {
    const error = translate("Cannot find package 'onnxruntime-node'", "ERR_MODULE_NOT_FOUND");
    expect(error).toBeInstanceOf(MissingRuntimeError);
    expect(error).toHaveProperty("message", expect.stringContaining("`npm install onnxruntime-node`"));
    expect(error).toHaveProperty("message", expect.stringContaining("ONNXRUNTIME_NODE_INSTALL=skip"));
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
