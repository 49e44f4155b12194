import { UnsupportedError } from "@onestep/core";
import { errorMessage, isError } from "@onestep/core/internal";
import { MissingRuntimeError, OutOfMemoryError } from "../../errors.ts";
import type { OnnxruntimeBuild } from "../../session.ts";
import { WorkerCallError } from "../connection.ts";

const guide = "see docs/guides/browser.md, pages that may not start a worker";

/**
 * The typed error if the browser does not allow the page to start the worker: `new Worker` throws. Errors that are
 * already descriptive, such as those of a `web.startWorker`, are returned unchanged.
 *
 * @param hasWorkers Whether workers are supported.
 */
export function translateWorkerRefusal(
  error: unknown,
  hasWorkers: boolean = "Worker" in globalThis,
): unknown {
  const message = errorMessage(error);
  const options = { cause: error };
  if (!hasWorkers) {
    return new UnsupportedError(
      {
        subject: "inference worker",
        found: "a place that has no workers, such as a shared or a service worker",
        expected: "a page or a dedicated worker",
        remedy:
          "Run the model in the page, or in a worker that the page starts, and pass messages to it; in an extension, in an " +
          "offscreen document.",
      },
      options,
    );
  }
  const name = isError(error) ? error.name : "";
  if (name === "SecurityError") {
    return refusal(
      `a script of another origin, which a browser runs in no worker: ${message}`,
      "the script of the worker from the origin of the page",
      `Serve the scripts from there, or start the worker by the option \`web.startWorker\` from a Blob (${guide}). A ` +
        "sandboxed frame needs `allow-same-origin`.",
      options,
    );
  }
  if (/TrustedScriptURL|Trusted ?Types?/i.test(message)) {
    return refusal(
      `a policy for Trusted Types that does not know the script of the worker: ${message}`,
      "a TrustedScriptURL",
      `Make one with a policy of the page, in the option \`web.startWorker\`, and pass \`threads: 1\` (${guide}).`,
      options,
    );
  }
  if (/Invalid URL|\bURL\b/.test(message)) {
    return refusal(
      `a bundle that does not know where it is: ${message}`,
      "an ES module, whose `import.meta.url` is an address",
      `Build an ES module, or start the worker by the option \`web.startWorker\` (${guide}).`,
      options,
    );
  }
  return error;
}

function refusal(
  found: string,
  expected: string,
  remedy: string,
  options: { readonly cause: unknown },
): MissingRuntimeError {
  return new MissingRuntimeError({ subject: "inference worker", found, expected, remedy }, options);
}

/**
 * The typed error if onnxruntime-web did not start: its wasm file is missing, is not wasm, or is not allowed to run.
 * Other errors are returned unchanged.
 */
export function translateStartFailure(error: unknown, build: OnnxruntimeBuild): unknown {
  if (!(error instanceof WorkerCallError)) return error;
  // onnxruntime-web prefixes every reason with this.
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
