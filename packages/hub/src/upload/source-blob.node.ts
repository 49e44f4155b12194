import { createHash, type Hash } from "node:crypto";
import { ServerError } from "../errors.ts";
import type { UploadFile } from "./upload-files.ts";

const pieceBytes = 512 * 1024;

/** The Hub accepts no larger files in git itself, and such files are held in memory as a whole. */
const maximumWholeBytes = 16 * 1024 * 1024;

/** What names a content: the ids that the Hub lists for it. */
export interface ContentIds {
  /** SHA-256 of the content, if it is in LFS. */
  readonly sha256: string;
  /** The git object, if it is not. */
  readonly gitId: string;
}

/**
 * A file as `fetch` and @huggingface/hub accept it. Its bytes are read on demand, a piece at a time. It is hashed
 * whenever it is read completely.
 */
export class SourceBlob extends Blob {
  readonly #file: UploadFile;
  readonly #start: number;
  readonly #end: number;
  readonly #onBytes: ((bytes: number) => void) | undefined;
  #ids: ContentIds | undefined;
  #failure: unknown;

  /** Bytes `start` to `end` (exclusive) of a file; all of it by default. */
  constructor(
    file: UploadFile,
    start: number = 0,
    end: number = file.size,
    onBytes?: (bytes: number) => void,
  ) {
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

  override get size(): number {
    return this.#end - this.#start;
  }

  /** The ids of the bytes from the last complete read; `undefined` before that. */
  get ids(): ContentIds | undefined {
    return this.#ids;
  }

  /** What reading the file for {@link stream}, or `onBytes`, threw; the sender only sees that sending failed. */
  get failure(): unknown {
    return this.#failure;
  }

  /** The same bytes for a request, which are not hashed again; `onBytes` is called with the length of each piece. */
  watched(onBytes: (bytes: number) => void): SourceBlob {
    return new SourceBlob(this.#file, this.#start, this.#end, onBytes);
  }

  /** Neither bound may be negative. */
  override slice(start: number = 0, end: number = this.size): SourceBlob {
    const first = Math.min(this.#start + start, this.#end);
    return new SourceBlob(this.#file, first, Math.max(first, Math.min(this.#start + end, this.#end)));
  }

  /** @throws ServerError if there are more than 16 MiB, which only a commit that holds the file itself would need. */
  override async arrayBuffer(): Promise<ArrayBuffer> {
    if (this.size > maximumWholeBytes) throw this.#notForGit();
    const bytes = new Uint8Array(await this.#file.read(this.#start, this.#end));
    this.#ids = new ContentHash(this.size).update(bytes).digest();
    return bytes.buffer;
  }

  override async text(): Promise<string> {
    return new TextDecoder().decode(await this.arrayBuffer());
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const hash = this.#onBytes === undefined ? new ContentHash(this.size) : undefined;
    let position = this.#start;
    return new ReadableStream(
      {
        pull: async (controller) => {
          if (position === this.#end) {
            this.#ids = hash?.digest() ?? this.#ids;
            return controller.close();
          }
          const end = Math.min(position + pieceBytes, this.#end);
          const piece = await this.#takePiece(position, end);
          hash?.update(piece);
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

  #notForGit(): ServerError {
    return new ServerError(
      {
        subject: this.path,
        found: `an endpoint that wants ${this.size} bytes in the commit itself`,
        expected: `files of more than ${maximumWholeBytes} bytes to be stored as large files`,
        remedy: "Check that HF_ENDPOINT names the Hub or a mirror of it.",
      },
      { status: 200 },
    );
  }
}

class ContentHash {
  readonly #sha256: Hash = createHash("sha256");
  readonly #git: Hash = createHash("sha1");

  constructor(size: number) {
    this.#git.update(`blob ${size}\0`);
  }

  update(bytes: Uint8Array): this {
    this.#sha256.update(bytes);
    this.#git.update(bytes);
    return this;
  }

  digest(): ContentIds {
    return { sha256: this.#sha256.digest("hex"), gitId: this.#git.digest("hex") };
  }
}
