import type { LeftParts, Part } from "../cache/store.ts";
import type { ContentHash } from "./content-hash.ts";
import { noSpace, type PrivateFolder, readFreeBytes, writeInStorage } from "./private-folder.ts";

/** The amount buffered before writing: each write takes a millisecond, however short it is. */
const bufferBytes = 1024 * 1024;

/** The content to download. */
interface PieceFileOptions {
  /** The folder of contents, and the content's name in it. */
  readonly folder: PrivateFolder;
  readonly name: string;
  /** Its SHA-256 or git object id, if known. */
  readonly objectId: string | undefined;
  /** Its length in bytes, if known. */
  readonly size: number | undefined;
  readonly leftParts: LeftParts;
  readonly signal: AbortSignal;
}

/** A partial download in browser storage, stored in pieces: see {@link ContentFolder}. */
export class PieceFile implements Part {
  /** How many bytes have arrived, including those in the buffer. */
  #size = 0;
  #hasOldBytes = false;
  readonly #options: PieceFileOptions;
  readonly #content: ContentFolder;
  readonly #buffer = new Uint8Array(bufferBytes);
  #buffered = 0;
  #writable: FileSystemWritableFileStream | undefined;
  #hash: ContentHash | undefined;

  private constructor(options: PieceFileOptions, content: ContentFolder) {
    this.#options = options;
    this.#content = content;
  }

  /** Starts storing a content. @throws CacheWriteError; the reason of the signal. */
  static async open(options: PieceFileOptions): Promise<PieceFile> {
    const content = new ContentFolder(options.folder.folder(options.name));
    const part = new PieceFile(options, content);
    if (options.leftParts === "adopt") await part.#adopt();
    else await part.restart();
    return part;
  }

  get size(): number {
    return this.#size;
  }

  /** The name of its content. */
  get content(): string {
    return this.#options.name;
  }

  get hasOldBytes(): boolean {
    return this.#hasOldBytes;
  }

  async checkFreeSpace(neededBytes: number): Promise<void> {
    const freeBytes = await readFreeBytes();
    if (freeBytes !== undefined && neededBytes > freeBytes) {
      throw noSpace(this.#content.path, neededBytes, freeBytes);
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let start = 0; start < bytes.length; ) {
      const taken = bytes.subarray(start, start + bufferBytes - this.#buffered);
      this.#buffer.set(taken, this.#buffered);
      this.#buffered += taken.length;
      this.#size += taken.length;
      start += taken.length;
      if (this.#buffered === bufferBytes) await this.#flush();
    }
    this.#hash?.update(bytes);
  }

  async restart(): Promise<void> {
    await this.#abort();
    await this.#content.clear();
    this.#size = 0;
    this.#hasOldBytes = false;
    await this.#newHash();
  }

  async names(): Promise<readonly string[] | undefined> {
    return this.#hash === undefined ? undefined : [this.#hash.digest()];
  }

  async finish(): Promise<void> {
    await this.#flush();
    await this.#close();
    await this.#content.markWhole(this.#size);
  }

  async keep(): Promise<void> {
    try {
      await this.#flush();
      await this.#close();
    } catch {
      await this.#abort();
    }
    if (this.#size === 0) await this.discard();
  }

  async discard(): Promise<void> {
    await this.#abort();
    await this.#options.folder.remove(this.#options.name).catch(() => {});
  }

  async #adopt(): Promise<void> {
    const { updateFromBlob } = await import("./content-hash.ts");
    await this.#newHash();
    for (const piece of await this.#content.pieces()) {
      if (this.#hash !== undefined) await updateFromBlob(this.#hash, piece, this.#options.signal);
      this.#size += piece.size;
    }
    this.#hasOldBytes = this.#size > 0;
  }

  async #newHash(): Promise<void> {
    const { objectId, size } = this.#options;
    if (objectId === undefined) return;
    // Loaded on demand, because it contains WebAssembly.
    const { createContentHash } = await import("./content-hash.ts");
    this.#hash = await createContentHash(objectId, size ?? 0);
  }

  /** Writes the contents of the buffer, into as many pieces as needed. */
  async #flush(): Promise<void> {
    const end = this.#buffered;
    await writeInStorage(this.#content.path, end, async () => {
      for (let start = 0; start < end; ) {
        const position = this.#size - end + start;
        this.#writable ??= await this.#content.writePiece(position);
        const taken = this.#buffer.subarray(
          start,
          Math.min(end, start + pieceBytes - (position % pieceBytes)),
        );
        await this.#writable.write(taken);
        start += taken.length;
        if ((position + taken.length) % pieceBytes === 0) await this.#close();
      }
    });
    this.#buffered = 0;
  }

  async #close(): Promise<void> {
    const writable = this.#writable;
    this.#writable = undefined;
    await writeInStorage(this.#content.path, 0, async () => writable?.close());
  }

  /** Discards everything that has not been closed. Never fails. */
  async #abort(): Promise<void> {
    this.#buffered = 0;
    const writable = this.#writable;
    this.#writable = undefined;
    await writable?.abort().catch(() => {});
  }
}

/** The length of the files in which a content is stored. */
const pieceBytes: number = 32 * 1024 * 1024;

/** The file that marks a content as complete, and records its length. */
const wholeMark = "whole.json";

/**
 * A content in browser storage: a folder with its bytes in the files `0`, `1`, `2` …, of 32 MiB each, and `whole.json`
 * once it is complete. Data written to a file becomes visible when it is closed, so a page closed during a transfer
 * loses at most the last piece.
 */
export class ContentFolder {
  readonly #folder: PrivateFolder;

  constructor(folder: PrivateFolder) {
    this.#folder = folder;
  }

  get path(): string {
    return this.#folder.path;
  }

  /** The pieces from the first one up to the first that is missing or too short. */
  async pieces(): Promise<readonly File[]> {
    const pieces: File[] = [];
    for (let index = 0; ; index += 1) {
      const piece = await this.#folder.findFile(String(index));
      if (piece === undefined || piece.size === 0) return pieces;
      pieces.push(piece);
      if (piece.size !== pieceBytes) return pieces;
    }
  }

  /** The length of the content; `undefined` if it is incomplete. */
  async wholeSize(): Promise<number | undefined> {
    try {
      const mark: unknown = JSON.parse((await this.#folder.readText(wholeMark)) ?? "");
      const size = typeof mark === "object" && mark !== null && "size" in mark ? mark.size : undefined;
      return typeof size === "number" ? size : undefined;
    } catch {
      return undefined;
    }
  }

  /** The content, which stays on disk until it is read; `undefined` if it is incomplete. */
  async open(): Promise<Blob | undefined> {
    if ((await this.wholeSize()) === undefined) return undefined;
    const pieces = await this.pieces();
    const [only] = pieces;
    return only !== undefined && pieces.length === 1 ? only : new Blob([...pieces]);
  }

  /** A stream into the piece with the byte at `position`, starting there. */
  writePiece(position: number): Promise<FileSystemWritableFileStream> {
    return this.#folder.writeFile(String(Math.floor(position / pieceBytes)), position % pieceBytes);
  }

  /** Marks the content as complete. @throws CacheWriteError */
  markWhole(size: number): Promise<void> {
    return this.#folder.writeText(wholeMark, JSON.stringify({ size }));
  }

  /** Removes all of its files. @throws CacheWriteError */
  async clear(): Promise<void> {
    await this.#folder.remove(wholeMark);
    for (const { name } of await this.#folder.entries()) await this.#folder.remove(name);
  }
}
