import type { OutputStream } from "./output-stream.ts";

/** A standard stream of the process, as far as it is used here. */
export interface StandardStream extends OutputStream {
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/**
 * Makes a standard stream safe to write to: where its reader has gone (`onestep … | head -1`), what is written is
 * dropped, and the work goes on.
 *
 * @throws Out of the event loop, where writing fails for another reason.
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
