import type { OutputStream } from "./output-stream.ts";

/** Whether to colour what goes to a stream: on a terminal that knows colours, unless `NO_COLOR` is set. */
export function usesColor(
  stream: OutputStream,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  const isRefused = (environment["NO_COLOR"] ?? "") !== "" || environment["TERM"] === "dumb";
  return stream.isTTY === true && !isRefused;
}

/** Bold red, for the word that starts an error message. */
export function alarm(text: string, color: boolean): string {
  return color ? `\u001B[1;31m${text}\u001B[0m` : text;
}
