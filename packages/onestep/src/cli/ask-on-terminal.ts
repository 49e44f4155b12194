import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";

/** Where {@link askOnTerminal} asks: the standard streams by default. */
export interface Terminal {
  readonly input: Readable;
  readonly output: Writable;
}

/** Asks a person a question; the answer is empty where the input ends. Rejects with the signal's reason. */
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
