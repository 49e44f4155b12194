import type { Environment } from "@onestep/hub";
import type { OutputStream } from "../system.ts";
import { ProgressBar, type ProgressDisplay, ProgressLines } from "./progress.ts";
import { canRedraw, colorLabel, hasColor, terminalColumns } from "./terminal.ts";
import { printable } from "./text.ts";

/** Options of {@link Output}. */
export interface OutputOptions {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Results as one JSON document. */
  readonly json: boolean;
  /** No progress and no notes. */
  readonly quiet: boolean;
  readonly environment?: Environment;
  /** `false` after `--no-color`. */
  readonly hasColor?: boolean;
}

/** A result in human-readable and machine-readable form. */
export interface Result {
  /** Lines for stdout. */
  readonly lines: readonly string[];
  /** The value printed instead with `--json`. */
  readonly document: object;
}

/** Where a command writes: results to stdout, everything else to stderr. */
export class Output {
  /** Progress on stderr: a bar on a terminal, lines elsewhere. */
  readonly progress: ProgressDisplay;
  readonly #options: OutputOptions;

  constructor(options: OutputOptions) {
    this.#options = options;
    const { stderr, quiet, environment = {} } = options;
    if (quiet) this.progress = noProgress;
    else this.progress = canRedraw(stderr, environment) ? new ProgressBar(stderr) : new ProgressLines(stderr);
  }

  /** The width to fit tables to; `undefined` where programs read them. */
  get columns(): number | undefined {
    const { stdout } = this.#options;
    return stdout.isTTY === true ? terminalColumns(stdout) : undefined;
  }

  /** Writes the result of the command. */
  result({ lines, document }: Result): void {
    this.progress.clear();
    const { stdout, json } = this.#options;
    if (json) stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
    else for (const line of lines) stdout.write(`${printable(line)}\n`);
  }

  /** Prints a note that is not part of the result. */
  note(line: string): void {
    this.progress.print(line);
  }

  /** Prints a warning, even with `--quiet`. */
  warn(line: string): void {
    this.progress.clear();
    const { stderr, environment = {}, hasColor: mayColor = true } = this.#options;
    const label = colorLabel("warning:", mayColor && hasColor(stderr, environment));
    stderr.write(`${label} ${printable(line)}\n`);
  }
}

/** Shows nothing, for `--quiet`. */
const noProgress: ProgressDisplay = {
  expect() {},
  show() {},
  showTask() {},
  print() {},
  clear() {},
};
