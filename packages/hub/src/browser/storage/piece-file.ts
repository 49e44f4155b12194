import type { LeftParts, Part } from "../../cached/part.ts";
import { ContentFolder, pieceBytes } from "./content-folder.ts";
import type { ContentHash } from "./content-hash.ts";
import type { PrivateFolder } from "./private-folder.ts";
import { noSpace, readFreeBytes, writeInStorage } from "./storage-failure.ts";

/** So much is collected before it is written: each write takes a millisecond, however short it is. */
const bufferBytes = 1024 * 1024;

/** Which content is to arrive. */
export interface PieceFileOptions {
  /** Where contents lie, and its name there. */
  readonly folder: PrivateFolder;
  readonly name: string;
  /** Its SHA-256 or git object, where it is known. */
  readonly objectId: string | undefined;
  /** Its length in bytes, where it is known. */
  readonly size: number | undefined;
  readonly leftParts: LeftParts;
  readonly signal: AbortSignal;
}

/** A content that is on its way into the browser's storage, piece by piece: see {@link ContentFolder}. */
export class PieceFile implements Part {
  /** How many bytes have come, those in the buffer included. */
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

  /** Begins to put a content into storage. @throws CacheWriteError; the reason of the signal. */
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
    // Loaded when it is needed: it brings WebAssembly along.
    const { createContentHash } = await import("./content-hash.ts");
    this.#hash = await createContentHash(objectId, size ?? 0);
  }

  /** Writes what the buffer holds, into as many pieces as it takes. */
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

  /** Drops what has not been closed. Never fails. */
  async #abort(): Promise<void> {
    this.#buffered = 0;
    const writable = this.#writable;
    this.#writable = undefined;
    await writable?.abort().catch(() => {});
  }
}
