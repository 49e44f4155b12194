import { isError } from "../realm.ts";

const marker = Symbol.for("onestep.error");

/** What a person needs to know of a failure: what was found, what was expected, and what to do about it. */
export interface Problem {
  /** The thing that is wrong: an option, a file, a field. */
  readonly subject: string;
  /** What was found there. */
  readonly found: string;
  /** What should have been there. */
  readonly expected: string;
  /** What the reader can do. A whole sentence. */
  readonly remedy: string;
}

/** Writes a {@link Problem} as one message: `subject: found …, expected …. Remedy.` */
export function formatProblem(problem: Problem): string {
  return `${problem.subject}: found ${problem.found}, expected ${problem.expected}. ${problem.remedy}`;
}

/** Options that every Onestep error takes. */
export interface OnestepErrorOptions {
  /** The error that led to this one. */
  readonly cause?: unknown;
}

/**
 * The base of every error that Onestep throws on purpose.
 *
 * `isInstance` works across duplicate copies of a package, where `instanceof` does not; `code` names the cause
 * and is stable across versions.
 */
export class OnestepError extends Error {
  /** The cause, in kebab case. Stable across versions. */
  static readonly code: string = "onestep-error";

  /** The cause, in kebab case. Stable across versions. */
  readonly code: string;

  /** The parts of the message, where the error was made of them. */
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

/** The name of the class that has a code. The class itself may have another one, from a minifier. */
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
