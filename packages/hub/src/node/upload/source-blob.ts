import type { UploadFile } from "../../upload/upload-file.ts";

const pieceBytes = 512 * 1024;

/** Told how many bytes of a body have been taken, each time that some are. */
export type BytesListener = (bytes: number) => void;

/**
 * A file as `fetch` and @huggingface/hub take it, of which no more than a piece is held: bytes are read when they are
 * asked for.
 */
export class SourceBlob extends Blob {
  readonly #file: UploadFile;
  readonly #start: number;
  readonly #end: number;
  readonly #onBytes: BytesListener | undefined;
  #failure: unknown;

  /** Bytes `start` to `end` (exclusive) of a file; all of it by default. */
  constructor(file: UploadFile, start: number = 0, end: number = file.size, onBytes?: BytesListener) {
    super();
    this.#file = file;
    this.#start = start;
    this.#end = end;
    this.#onBytes = onBytes;
  }

  /** The path of the file that the bytes are of. */
  get path(): string {
    return this.#file.path;
  }

  /** What reading the file for {@link stream}, or telling of it, threw; who sends the stream hears only that sending failed. */
  get failure(): unknown {
    return this.#failure;
  }

  override get size(): number {
    return this.#end - this.#start;
  }

  /** The same bytes; `onBytes` is told when they are taken. */
  watched(onBytes: BytesListener): SourceBlob {
    return new SourceBlob(this.#file, this.#start, this.#end, onBytes);
  }

  /** Neither bound may be negative. */
  override slice(start: number = 0, end: number = this.size): SourceBlob {
    const first = Math.min(this.#start + start, this.#end);
    return new SourceBlob(
      this.#file,
      first,
      Math.max(first, Math.min(this.#start + end, this.#end)),
      this.#onBytes,
    );
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await this.#file.read(this.#start, this.#end);
    return bytes.slice().buffer as ArrayBuffer;
  }

  override async text(): Promise<string> {
    return new TextDecoder().decode(await this.arrayBuffer());
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    let position = this.#start;
    return new ReadableStream(
      {
        pull: async (controller) => {
          if (position === this.#end) return controller.close();
          const end = Math.min(position + pieceBytes, this.#end);
          const piece = await this.#takePiece(position, end);
          position = end;
          controller.enqueue(piece);
        },
      },
      { highWaterMark: 0 },
    );
  }

  async #takePiece(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    try {
      const piece = new Uint8Array(await this.#file.read(start, end));
      this.#onBytes?.(piece.length);
      return piece;
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }
}
