import { MissingRuntimeError } from "../errors/missing-runtime-error.ts";
import { OutOfMemoryError } from "../errors/out-of-memory-error.ts";
import type { OnnxruntimeBuild } from "../inference-session.ts";
import { WorkerCallError } from "../worker/worker-call-error.ts";

/**
 * The typed error where onnxruntime-web did not start: its wasm file is not there, is not wasm, or may not run. Other
 * errors are returned as they are.
 */
export function translateStartFailure(error: unknown, build: OnnxruntimeBuild): unknown {
  if (!(error instanceof WorkerCallError)) return error;
  // onnxruntime-web puts this before every reason.
  const [, reason] =
    /^no available backend found\. ERR: (?:\[\w+\] )?(.*)$/s.exec(error.failure.message) ?? [];
  if (reason === undefined) return error;
  const options = { cause: error };
  const file = `ort-wasm-simd-threaded.${build}.wasm`;
  if (/content security policy/i.test(reason)) {
    return new MissingRuntimeError(
      {
        subject: "Content-Security-Policy",
        found: "a policy that forbids WebAssembly",
        expected: "'wasm-unsafe-eval' in its `script-src`",
        remedy: "Add it to the header or the meta element of the page.",
      },
      options,
    );
  }
  if (/could not allocate memory|out of memory/i.test(reason)) {
    return new OutOfMemoryError(
      {
        subject: "memory",
        found: "too little of it to start onnxruntime",
        expected: "enough for WebAssembly",
        remedy: "Close other pages, or dispose models that are no longer used.",
      },
      options,
    );
  }
  return new MissingRuntimeError(
    {
      subject: file,
      found: describeReason(reason),
      expected: "the wasm file of onnxruntime-web, of the version that is bundled",
      remedy: `Serve ${file} where the bundler has put it, or name its folder with the option \`web.wasmFolder\`.`,
    },
    options,
  );
}

function describeReason(reason: string): string {
  if (/BufferSource argument is empty|Failed to load|Failed to fetch/.test(reason)) {
    return "an address where no file is, or that cannot be reached";
  }
  if (/magic word/.test(reason)) return "a file that is not wasm, such as a page that says there is none";
  return `a file that does not start: ${reason.trim()}`;
}
