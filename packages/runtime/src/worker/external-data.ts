import { freeBuffer } from "@onestep/core/internal/free-buffer";

/**
 * A file disguised as a byte array for onnxruntime-web, which reads only the requested parts.
 *
 * The builds of onnxruntime-web that cannot suspend WebAssembly expect weights as one `Uint8Array`, from which they
 * take one array at a time with `subarray`. This one has no memory of its own and reads that part of the file, valid
 * until the next call: onnxruntime-web copies it immediately. Any other access throws, so that a version that works
 * differently fails instead of computing wrong results.
 *
 * @param size Length of the file in bytes.
 * @param read Reads bytes `begin` to `end` (exclusive), into memory that is not shared.
 */
export function lazyBytes(
  size: number,
  read: (begin: number, end: number) => Uint8Array<ArrayBuffer>,
): Uint8Array {
  let bytes = new Uint8Array();
  const subarray = (begin: number, end: number): Uint8Array => {
    freeBuffer(bytes.buffer);
    bytes = read(begin, end);
    if (bytes.length === end - begin) return bytes;
    throw new Error(`external data ended after ${bytes.length} of ${end - begin} bytes`);
  };
  return new Proxy(new Uint8Array(), {
    get(_target, property) {
      if (property === "byteLength") return size;
      if (property === "subarray") return subarray;
      // Read on everything returned from an async function.
      if (property === "then") return undefined;
      throw new Error(`external data is read in an unknown way: ${String(property)}`);
    },
  });
}

/** Reads bytes `start` to `end` (exclusive). */
export type ReadPiece = (start: number, end: number) => Promise<Uint8Array<ArrayBuffer>>;

/** Maximum bytes per request: each is held in memory twice. */
const pieceBytes = 8 * 1024 * 1024;

/**
 * A Blob-like object that is read in chunks. It supports only what the JSPI build of onnxruntime-web uses: `size`, and
 * the stream of a slice. A chunk is valid until the next is requested, then its memory is freed: onnxruntime-web copies
 * each before requesting the next.
 */
export class PiecewiseBlob extends Blob {
  readonly #start: number;
  readonly #end: number;
  readonly #read: ReadPiece;

  constructor(size: number, read: ReadPiece, start = 0) {
    super();
    this.#start = start;
    this.#end = start + size;
    this.#read = read;
  }

  override get size(): number {
    return this.#end - this.#start;
  }

  override slice(start = 0, end: number = this.size): Blob {
    return new PiecewiseBlob(end - start, this.#read, this.#start + start);
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    let position = this.#start;
    let piece: Uint8Array<ArrayBuffer> | undefined;
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>) => {
      if (piece !== undefined) freeBuffer(piece.buffer);
      piece = undefined;
      if (position === this.#end) return controller.close();
      const end = Math.min(position + pieceBytes, this.#end);
      piece = await this.#read(position, end);
      position = end;
      controller.enqueue(piece);
    };
    // No read-ahead: when a chunk is requested, the previous one is no longer in use.
    return new ReadableStream({ pull }, { highWaterMark: 0 });
  }
}

/**
 * A browser Blob, read with `arrayBuffer`. Reads from a Blob's stream, which onnxruntime-web would use, occasionally
 * hang in Chromium (156, in a worker with another thread running): only the reader keeps its source alive.
 */
export function readByPieces(blob: Blob): Blob {
  return new PiecewiseBlob(
    blob.size,
    async (start, end) => new Uint8Array(await blob.slice(start, end).arrayBuffer()),
  );
}
