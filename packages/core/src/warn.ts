import { describeValue } from "./config/describe-value.ts";
import { InvalidArgumentError } from "./errors.ts";

/**
 * What a warning is about. Stable across versions; new ones may be added.
 *
 * - `cache`: a file cannot be cached, or a cached one is damaged and fetched again
 * - `checkpoint`: weights are read in another way than their files say, or some are not used
 * - `component`: a component of a pipeline is left out, or loaded as another class
 * - `config`: a config has fields that its class does not know
 * - `hub`: a token cannot be read, another process is fetching the same file, a faster way of fetching failed
 * - `offline`: the server did not answer, and files of the cache are used
 * - `options`: two options contradict each other
 * - `runtime`: a model runs slower than it could, or is loaded again after the GPU was lost
 * - `scheduler`: a scheduler does not fit the model, or is used in a way that gives bad images
 */
export type WarningCode =
  | "cache"
  | "checkpoint"
  | "component"
  | "config"
  | "hub"
  | "offline"
  | "options"
  | "runtime"
  | "scheduler";

/** Something that works and is probably not what was meant. */
export interface Warning {
  /** What it says, in whole sentences. */
  readonly message: string;
  /** What it is about; some warnings have none. */
  readonly code?: WarningCode;
}

/** Receives warnings. What it throws is thrown to the code that warned. */
export type WarningHandler = (warning: Warning) => void;

const slot: unique symbol = Symbol.for("onestep.warning-handler");

interface WithHandler {
  [slot]?: WarningHandler | false | undefined;
}

/**
 * Sets where the warnings of all Onestep packages go, for the whole program: every copy of the packages uses it. By default
 * they are written with `console.warn`.
 *
 * @param handler - A function that receives each warning; `false` for no warnings; `undefined` for `console.warn`.
 * @returns The handler before this call, to set it again later.
 * @throws InvalidArgumentError if `handler` is anything else.
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
  // On the global object, not in this module: a program may have several copies of it, and one handler is for all.
  const holder = globalThis as WithHandler;
  const previous = holder[slot];
  holder[slot] = handler;
  return previous;
}

/** Gives a warning to the handler; without one, to `console.warn`. */
export function warn(message: string, code?: WarningCode): void {
  const handler = (globalThis as WithHandler)[slot];
  if (handler === false) return;
  if (handler === undefined) console.warn(`[onestep] ${message}`);
  else handler(code === undefined ? { message } : { message, code });
}
