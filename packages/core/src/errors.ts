import { isError } from "./realm.ts";

const marker = Symbol.for("onestep.error");

/** The parts of an error message: what was found, what was expected, and how to fix it. */
export interface Problem {
  /** The subject: an option, a file, a field. */
  readonly subject: string;
  /** What was found. */
  readonly found: string;
  /** What was expected. */
  readonly expected: string;
  /** How to fix it, as a full sentence. */
  readonly remedy: string;
  /** A custom sentence, used when the one built from subject, found and expected would read oddly. */
  readonly summary?: string;
}

/** The message for a {@link Problem}: `subject: found …, expected ….`, or the summary instead; then the remedy. */
export function formatProblem({ subject, found, expected, remedy, summary }: Problem): string {
  return `${summary ?? `${subject}: found ${found}, expected ${expected}.`} ${remedy}`;
}

/** Options of every Onestep error. */
export interface OnestepErrorOptions {
  /** The error that led to this one. */
  readonly cause?: unknown;
}

/**
 * The base of every error that Onestep throws on purpose.
 *
 * `isInstance` works across duplicate copies of a package, where `instanceof` does not; `code` names the cause
 * and is stable across versions.
 *
 * @example
 * try {
 *   await pipe.generate({ classLabels: "dragon" });
 * } catch (error) {
 *   if (!OnestepError.isInstance(error)) throw error;
 *   console.error(error.code, error.message);
 * }
 */
export class OnestepError extends Error {
  /** The cause, in kebab case. Stable across versions. */
  static readonly code: string = "onestep-error";

  /** The cause, in kebab case. Stable across versions. */
  readonly code: string;

  /** The parts of the message, if the error was created from them. */
  readonly problem: Problem | undefined;

  constructor(problem: Problem | string, options: OnestepErrorOptions = {}) {
    super(typeof problem === "string" ? problem : formatProblem(problem), options);
    Object.defineProperty(this, marker, { value: collectCodes(new.target) });
    this.code = new.target.code;
    this.name = Object.hasOwn(new.target, "code") ? nameFor(this.code) : new.target.name;
    this.problem = typeof problem === "string" ? undefined : problem;
  }

  /** Whether `value` is an error of this class, made by this or another copy of the package. */
  static isInstance<Type extends OnestepError>(
    this: { readonly code: string; readonly prototype: Type },
    value: unknown,
  ): value is Type {
    if (!isError(value) || !(marker in value)) return false;
    return (value[marker] as readonly string[]).includes(this.code);
  }
}

/** The class name for a code. The class itself may have been renamed by a minifier. */
function nameFor(code: string): string {
  const words = code.replace(/-error$/, "").split("-");
  return `${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("")}Error`;
}

/** The codes of a class and of every class it extends, up to {@link OnestepError}. */
function collectCodes(errorClass: typeof OnestepError): readonly string[] {
  const codes: string[] = [];
  for (let current = errorClass; current.code !== undefined; current = Object.getPrototypeOf(current)) {
    codes.push(current.code);
  }
  return codes;
}

/** An option or argument that the caller passed is wrong. */
export class InvalidArgumentError extends OnestepError {
  static override readonly code: string = "invalid-argument";
}

/** A `config.json`, `scheduler_config.json` or `model_index.json` is damaged, or contradicts itself. */
export class InvalidConfigError extends OnestepError {
  static override readonly code: string = "invalid-config";
}

/** An unusable image: a damaged file, NaN pixels, images of different sizes. */
export class ImageError extends OnestepError {
  static override readonly code: string = "image";
}

/** A file could not be written. An existing file is unchanged, and no partial file is left. */
export class FileWriteError extends OnestepError {
  static override readonly code: string = "file-write";
}

/** Valid input that this version or platform does not support. */
export class UnsupportedError extends OnestepError {
  static override readonly code: string = "unsupported";
}

/** A model, session or pipeline was used after `dispose`. */
export class DisposedError extends OnestepError {
  static override readonly code: string = "disposed";
}
