import { UnsupportedError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { MissingRuntimeError, OutOfMemoryError } from "../../errors.ts";
import { WorkerCallError } from "../connection.ts";
import { translateStartFailure, translateWorkerRefusal } from "./failures.ts";

describe("translateWorkerRefusal", () => {
  it.each([
    [
      "a script of another origin, in Chromium",
      new DOMException(
        "Failed to construct 'Worker': Script at 'https://cdn.test/w.js' cannot be accessed from origin 'null'.",
        "SecurityError",
      ),
      "web.startWorker",
    ],
    [
      "a script of another origin, in Firefox",
      new DOMException("The operation is insecure.", "SecurityError"),
      "allow-same-origin",
    ],
    [
      "Trusted Types",
      new TypeError("Failed to construct 'Worker': This document requires 'TrustedScriptURL' assignment."),
      "`threads: 1`",
    ],
    [
      "a bundle without an address",
      new TypeError("Failed to construct 'URL': Invalid URL"),
      "Build an ES module",
    ],
  ])("says what is in the way, and what helps: %s", (_name, thrown, remedy) => {
    const error = translateWorkerRefusal(thrown, true);
    expect(error).toBeInstanceOf(MissingRuntimeError);
    expect(error).toHaveProperty("message", expect.stringContaining(thrown.message));
    expect(error).toHaveProperty("problem.remedy", expect.stringContaining(remedy));
    expect(error).toHaveProperty("cause", thrown);
  });

  it("says where there are no workers at all", () => {
    const error = translateWorkerRefusal(new ReferenceError("Worker is not defined"), false);
    expect(error).toBeInstanceOf(UnsupportedError);
    expect(error).toHaveProperty("message", expect.stringContaining("a shared or a service worker"));
  });

  it("leaves what a program's own `startWorker` throws as it is", () => {
    const own = new Error("not today");
    expect(translateWorkerRefusal(own, true)).toBe(own);
  });
});

/** The error for what onnxruntime-web 1.30 says in Chromium 156. */
function translate(message: string): unknown {
  return translateStartFailure(new WorkerCallError({ stage: "create", message, code: undefined }), "jspi");
}

describe("translateStartFailure", () => {
  it.each([
    [
      "a file that is not there",
      "[wasm] RuntimeError: Aborted(CompileError: WebAssembly.instantiate(): BufferSource argument is empty). Build with -sASSERTIONS for more info.",
      "found an address where no file is, or that cannot be reached",
    ],
    [
      "a server that does not answer",
      "[webgpu] RuntimeError: Aborted(NetworkError: Failed to execute 'send' on 'XMLHttpRequest': Failed to load 'http://localhost/ort.wasm'.)",
      "found an address where no file is, or that cannot be reached",
    ],
    [
      "a page in place of the file",
      "[wasm] RuntimeError: Aborted(CompileError: WebAssembly.instantiate(): expected magic word 00 61 73 6d, found 3c 21 64 6f @+0).",
      "found a file that is not wasm, such as a page that says there is none",
    ],
    [
      "a file of another version",
      '[wasm] RuntimeError: Aborted(LinkError: WebAssembly.instantiate(): Import #1 "a" "b": function import requires a callable)',
      "found a file that does not start: RuntimeError: Aborted(LinkError: ",
    ],
  ])("%s", (_name, reason, found) => {
    const error = translate(`no available backend found. ERR: ${reason}`);
    expect(error).toBeInstanceOf(MissingRuntimeError);
    expect(error).toHaveProperty(
      "message",
      expect.stringContaining(`ort-wasm-simd-threaded.jspi.wasm: ${found}`),
    );
    expect(error).toHaveProperty("message", expect.stringContaining("with the option `web.wasmFolder`."));
  });

  it("a policy that forbids WebAssembly", () => {
    const error = translate(
      "no available backend found. ERR: [wasm] RuntimeError: Aborted(CompileError: WebAssembly.instantiate(): Compiling or instantiating WebAssembly module violates the following Content Security policy directive because 'unsafe-eval' is not an allowed source of script in the following Content Security Policy directive: \"default-src 'self'\".).",
    );
    expect(error).toBeInstanceOf(MissingRuntimeError);
    expect(error).toHaveProperty(
      "message",
      "Content-Security-Policy: found a policy that forbids WebAssembly, expected 'wasm-unsafe-eval' in its `script-src`. Add it to the header or the meta element of the page.",
    );
  });

  it("too little memory", () => {
    const error = translate(
      "no available backend found. ERR: [wasm] RangeError: WebAssembly.Memory(): could not allocate memory",
    );
    expect(error).toBeInstanceOf(OutOfMemoryError);
  });

  it("nothing else", () => {
    const errors = [
      new Error("no available backend found. ERR: [wasm] x"),
      new WorkerCallError({ stage: "create", message: "invalid protobuf", code: undefined }),
    ];
    for (const error of errors) expect(translateStartFailure(error, "jspi")).toBe(error);
  });
});
