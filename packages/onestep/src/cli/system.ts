import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";
import type { Environment } from "@onestep/hub";

/** The process features used by the CLI. */
export interface CommandLineSystem {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly environment: Environment;
  /** Asks the user a question on the terminal; `undefined` if stdin is not a terminal. */
  readonly ask: ((question: string, signal: AbortSignal) => Promise<string>) | undefined;
}

/** The parts of a standard stream that are written to. */
export interface OutputStream {
  /** Whether it is a terminal. */
  readonly isTTY?: boolean | undefined;
  /** Width of the terminal in characters. */
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** The part of a standard stream used here. */
export interface StandardStream extends OutputStream {
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/**
 * Makes a standard stream safe to write to: if its reader has exited (`onestep … | head -1`), output is dropped and
 * work continues.
 *
 * @throws From the event loop, if writing fails for another reason.
 */
export function openOutputStream(stream: StandardStream): OutputStream {
  let isClosed = false;
  stream.on("error", (error) => {
    if (error.code !== "EPIPE") throw error;
    isClosed = true;
  });
  return {
    get isTTY() {
      return stream.isTTY;
    },
    get columns() {
      return stream.columns;
    },
    write(text) {
      if (!isClosed) stream.write(text);
    },
  };
}

/** Streams for {@link askOnTerminal}: the standard streams by default. */
export interface Terminal {
  readonly input: Readable;
  readonly output: Writable;
}

/** Asks the user a question; the answer is empty if the input ends. Rejects with the signal's reason. */
export async function askOnTerminal(
  question: string,
  signal: AbortSignal,
  { input, output }: Terminal = { input: process.stdin, output: process.stderr },
): Promise<string> {
  signal.throwIfAborted();
  // Not in terminal mode, which would take Ctrl-C for itself.
  const reader = createInterface({ input, output, terminal: false });
  const ended = new Promise<string>((resolve, reject) => {
    reader.once("close", () => resolve(""));
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  try {
    return await Promise.race([reader.question(question), ended]);
  } finally {
    reader.close();
  }
}
