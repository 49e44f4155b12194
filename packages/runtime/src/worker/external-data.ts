import { freeBuffer } from "@onestep/core/internal/free-buffer";

/**
 * A file that onnxruntime-web takes for an array of bytes, of which it reads only the parts it asks for.
 *
 * The builds of onnxruntime-web that cannot suspend WebAssembly want weights as one `Uint8Array`, from which they take
 * one array at a time with `subarray`. This one has no memory of its own and reads that part of the file, which is good
 * until the next is asked for: onnxruntime-web copies each into its memory at once. Any other way to look at it throws, so
 * that a version that works differently fails and computes nothing.
 *
 * @param size Length of the file in bytes.
 * @param read Reads bytes `begin` to `end` (exclusive), into memory that is nobody else's.
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
      // Asked of everything that an asynchronous function returns.
      if (property === "then") return undefined;
      throw new Error(`external data is read in an unknown way: ${String(property)}`);
    },
  });
}

/** Reads bytes `start` to `end` (exclusive). */
export type ReadPiece = (start: number, end: number) => Promise<Uint8Array<ArrayBuffer>>;

/** The most that is asked for at once: more would have to be held in memory, twice. */
const pieceBytes = 8 * 1024 * 1024;

/**
 * Something that is read piece by piece, in the form of a Blob. Only what the JSPI build of onnxruntime-web uses works:
 * `size`, and the stream of a slice. A piece out of a stream is good until the next is asked for, then its memory is
 * freed: onnxruntime-web copies each before it asks again.
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
    // Nothing is read ahead, so that the one who asks for a piece has done with the one before.
    return new ReadableStream({ pull }, { highWaterMark: 0 });
  }
}

/**
 * A Blob of the browser, read by `arrayBuffer`. Reads from the stream of a Blob, which onnxruntime-web would use, now and
 * then never end in Chromium (156, in a worker, with a thread beside it): nothing but the reader holds on to what it
 * waits for.
 */
export function readByPieces(blob: Blob): Blob {
  return new PiecewiseBlob(
    blob.size,
    async (start, end) => new Uint8Array(await blob.slice(start, end).arrayBuffer()),
  );
}
