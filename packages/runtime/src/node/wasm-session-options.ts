import { fstatSync, openSync, readSync } from "node:fs";
import type { InferenceSession } from "onnxruntime-web";
import { lazyBytes } from "../worker/lazy-bytes.ts";
import type { WasmLoadRequest } from "./worker-messages.ts";

/** The options that onnxruntime-web gets for a session in Node. It reads each weight out of its file, and keeps no file. */
export function createWasmSessionOptions(
  request: Pick<WasmLoadRequest, "files" | "optimizeFor">,
): InferenceSession.SessionOptions {
  return {
    executionProviders: ["wasm"],
    externalData: [...request.files].map(([path, file]) => ({
      path,
      data: typeof file === "string" ? fileBytes(file) : file,
    })),
    graphOptimizationLevel: request.optimizeFor === "startup" ? "extended" : "all",
    enableMemPattern: false,
    logSeverityLevel: 4,
    extra: { session: { disable_prepacking: "1" } },
  };
}

/** Stays open as long as the thread lives, which is as long as the session. */
function fileBytes(path: string): Uint8Array {
  const file = openSync(path, "r");
  return lazyBytes(fstatSync(file).size, (begin, end) => {
    const bytes = new Uint8Array(end - begin);
    let length = 0;
    while (length < bytes.length) {
      const read = readSync(file, bytes, length, bytes.length - length, begin + length);
      if (read === 0) return bytes.slice(0, length);
      length += read;
    }
    return bytes;
  });
}
