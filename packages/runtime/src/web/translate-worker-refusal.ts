import { errorMessage, isError, UnsupportedError } from "@onestep/core";
import { MissingRuntimeError } from "../errors/missing-runtime-error.ts";

const guide = "see docs/guides/browser.md, pages that may not start a worker";

/**
 * The typed error where a browser does not let a page start the worker: `new Worker` throws. Errors that say what they are
 * about already, of a `web.startWorker` for example, are returned as they are.
 *
 * @param hasWorkers Whether there are workers at all.
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
