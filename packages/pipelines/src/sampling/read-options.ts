import { describeValue, InvalidArgumentError } from "@onestep/core";

/** Options that a pipeline calls, and what they have to be. */
const callbacks = ["onStepEnd", "onProgress"] as const;

/**
 * The options of `generate` as they are meant: null is the same as leaving out, as `None` is in Python, and what is called
 * on the way can be called.
 *
 * @throws InvalidArgumentError where they are no object, or a callback or the signal is none.
 */
export function readOptions<Options extends object>(options: Options): Options {
  const given: unknown = options ?? {};
  if (typeof given !== "object" || Array.isArray(given)) {
    throw invalid("the options of generate", given, "an object", "Pass options by their names.");
  }
  const entries = Object.entries(given as Record<string, unknown>).filter(([, value]) => value !== null);
  const { signal, ...read } = Object.fromEntries(entries);
  for (const name of callbacks) {
    if (read[name] === undefined || typeof read[name] === "function") continue;
    throw invalid(name, read[name], "a function", "Pass a function, or leave it out.");
  }
  if (signal !== undefined && !(typeof signal === "object" && "throwIfAborted" in (signal as object))) {
    throw invalid("signal", signal, "an AbortSignal", "Pass `controller.signal` of an AbortController.");
  }
  return { ...read, signal } as unknown as Options;
}

function invalid(subject: string, found: unknown, expected: string, remedy: string): InvalidArgumentError {
  return new InvalidArgumentError({ subject, found: describeValue(found), expected, remedy });
}
