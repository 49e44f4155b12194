/** A line of a file that is not empty. Lines count from 1. */
export type TextLine =
  | { readonly number: number; readonly text: string }
  | { readonly number: number; readonly fault: "too long" | "not UTF-8" };

/**
 * Reads a file line by line.
 *
 * @param maxBytes - Of a longer line, no more is held.
 */
export async function* readLines(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<TextLine> {
  const collector = new LineCollector(maxBytes);
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      collector.add(chunk.subarray(start, end));
      start = end + 1;
      const line = collector.take();
      if (line !== undefined) yield line;
    }
    collector.add(chunk.subarray(start));
  }
  const last = collector.take();
  if (last !== undefined) yield last;
}

class LineCollector {
  readonly #maxBytes: number;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #pieces: Uint8Array[] = [];
  #length = 0;
  #number = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  add(piece: Uint8Array): void {
    this.#length += piece.length;
    if (this.#length > this.#maxBytes) this.#pieces = [];
    else if (piece.length > 0) this.#pieces.push(piece.slice());
  }

  /** The line that is complete now; undefined if it is blank. */
  take(): TextLine | undefined {
    this.#number += 1;
    const [pieces, length, number] = [this.#pieces, this.#length, this.#number];
    this.#pieces = [];
    this.#length = 0;
    if (length > this.#maxBytes) return { number, fault: "too long" };
    const bytes = new Uint8Array(length);
    let offset = 0;
    for (const piece of pieces) {
      bytes.set(piece, offset);
      offset += piece.length;
    }
    try {
      // Removes a byte order mark, and what Windows ends lines with.
      const text = this.#decoder.decode(bytes).trim();
      return text === "" ? undefined : { number, text };
    } catch {
      return { number, fault: "not UTF-8" };
    }
  }
}
