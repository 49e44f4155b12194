import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";
import type { Environment } from "@onestep/hub";

/** The process features used by the CLI. */
export interface CommandLineSystem {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly environment: Environment;
  /** Where images come from that are named `-`; `undefined` if nothing can be read. */
  readonly stdin?: InputStream | undefined;
  /** Asks the user a question on the terminal; `undefined` if stdin is not a terminal. */
  readonly ask: ((question: string, signal: AbortSignal) => Promise<string>) | undefined;
}

/** The parts of the standard input that are read. */
export interface InputStream extends AsyncIterable<Uint8Array> {
  /** Whether it is a terminal. */
  readonly isTTY?: boolean | undefined;
}

/** The parts of a standard stream that are written to. */
export interface OutputStream {
  /** Whether it is a terminal. */
  readonly isTTY?: boolean | undefined;
  /** Width of the terminal in characters. */
  readonly columns?: number | undefined;
  /** Calls a function when the terminal changes its size. @returns A function that stops this. */
  onResize?(listener: () => void): () => void;
  write(text: string): unknown;
  /** Writes bytes, and waits until they are written. @returns Why they could not be, if so. */
  writeBytes?(bytes: Uint8Array): Promise<NodeJS.ErrnoException | undefined>;
}

/** An output stream, and what became of it. */
export interface OpenedStream extends OutputStream {
  writeBytes(bytes: Uint8Array): Promise<NodeJS.ErrnoException | undefined>;
  /** Why the stream could not be written, if it could not and somebody still reads it. */
  readonly failure: NodeJS.ErrnoException | undefined;
  /** Resolves when everything is written, or cannot be. */
  flush(): Promise<void>;
}

/** The part of a standard stream used here. */
export interface StandardStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(content: string | Uint8Array, callback?: (error?: Error | null) => void): unknown;
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
  on(event: "resize", listener: () => void): unknown;
  off(event: "resize", listener: () => void): unknown;
}

/**
 * Makes a standard stream safe to write to: if its reader has exited (`onestep … | head -1`), output is dropped and
 * work continues. Any other failure, such as a full disk, is kept for the end of the run.
 */
export function openOutputStream(stream: StandardStream): OpenedStream {
  let isClosed = false;
  let failure: NodeJS.ErrnoException | undefined;
  const fail = (error: NodeJS.ErrnoException): void => {
    isClosed = true;
    if (error.code !== "EPIPE") failure ??= error;
  };
  stream.on("error", fail);
  const write = (content: string | Uint8Array): Promise<NodeJS.ErrnoException | undefined> =>
    new Promise((resolve) => {
      if (isClosed) resolve(failure ?? brokenPipe());
      else stream.write(content, (error) => resolve(error ?? undefined));
    });
  return {
    get failure() {
      return failure;
    },
    async flush() {
      const error = isClosed ? undefined : await write("");
      if (error !== undefined) fail(error);
    },
    writeBytes: write,
    onResize(listener) {
      stream.on("resize", listener);
      return () => stream.off("resize", listener);
    },
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

/** The reader of the standard output has exited before it got what was asked for. Nothing is printed about it. */
export class BrokenPipeError extends Error {
  constructor() {
    super("The reader of the standard output has exited.");
    this.name = "BrokenPipeError";
  }
}

function brokenPipe(): NodeJS.ErrnoException {
  return Object.assign(new Error("EPIPE: the reader has exited"), { code: "EPIPE" });
}

/** The error for a standard output that cannot be written. */
export async function stdoutWriteError(cause: NodeJS.ErrnoException): Promise<Error> {
  const { FileWriteError } = await import("@onestep/core");
  const isFull = cause.code === "ENOSPC" || cause.code === "EDQUOT";
  return new FileWriteError(
    {
      subject: "stdout",
      found: isFull ? "no room left on the disk" : cause.message,
      expected: "a file or a pipe that takes the output",
      remedy: isFull ? "Free some space, or write to another disk." : "Write to another file.",
    },
    { cause },
  );
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
