import { describeValue } from "./config/describe-value.ts";
import { InvalidArgumentError } from "./errors.ts";

/**
 * The category of a warning. Stable across versions; new ones may be added.
 *
 * - `cache`: a file cannot be cached, or a cached one is damaged and fetched again
 * - `checkpoint`: weights are read differently than their files declare, or some are not used
 * - `component`: a component of a pipeline is left out, or loaded as another class
 * - `config`: a config has fields that its class does not know
 * - `hub`: a token cannot be read, another process is fetching the same file, or a faster download method failed
 * - `offline`: the server did not respond, so cached files are used
 * - `options`: two options contradict each other, or one has no effect
 * - `prompt`: a prompt is longer than the model reads, and is cut
 * - `runtime`: a model runs slower than it could, or is reloaded after the GPU was lost
 * - `scheduler`: a scheduler does not fit the model, or is used in a way that gives bad images
 * - `server`: a service skips damaged records, or does without something that failed
 */
export type WarningCode =
  | "cache"
  | "checkpoint"
  | "component"
  | "config"
  | "hub"
  | "offline"
  | "options"
  | "prompt"
  | "runtime"
  | "scheduler"
  | "server";

/** A warning: something that works, but is probably not intended. */
export interface Warning {
  /** The message, in full sentences. */
  readonly message: string;
  /** The category. */
  readonly code: WarningCode;
}

/** Receives warnings. Errors it throws are passed to the code that warned. */
export type WarningHandler = (warning: Warning) => void;

const slot: unique symbol = Symbol.for("onestep.warning-handler");

interface WithHandler {
  [slot]?: WarningHandler | false | undefined;
}

/**
 * Sets the warning handler of all Onestep packages for the whole program, shared by all copies of the packages. By
 * default, warnings are written with `console.warn`.
 *
 * @param handler - A function that receives each warning; `false` to disable warnings; `undefined` for `console.warn`.
 * @returns The previous handler, to restore it later.
 * @throws InvalidArgumentError if `handler` is anything else.
 *
 * @example
 * setWarningHandler(({ code, message }) => console.error(JSON.stringify({ code, message })));
 * setWarningHandler(false); // no warnings
 */
export function setWarningHandler(
  handler: WarningHandler | false | undefined,
): WarningHandler | false | undefined {
  if (handler !== undefined && handler !== false && typeof handler !== "function") {
    throw new InvalidArgumentError({
      subject: "setWarningHandler",
      found: describeValue(handler),
      expected: "a function, false or undefined",
      remedy: "Pass a function that receives warnings, or false for none.",
    });
  }
  // On the global object, not in this module: all copies of this module in a program share one handler.
  const holder = globalThis as WithHandler;
  const previous = holder[slot];
  holder[slot] = handler;
  return previous;
}

/** Passes a warning to the handler; without one, to `console.warn`. */
export function warn(message: string, code: WarningCode): void {
  const handler = (globalThis as WithHandler)[slot];
  if (handler === false) return;
  if (handler === undefined) console.warn(`[onestep] ${message}`);
  else handler({ message, code });
}
