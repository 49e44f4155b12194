import type { PrivateFolder } from "./private-folder.ts";

/** A content lies in files of this length. */
export const pieceBytes: number = 32 * 1024 * 1024;

/** The file that says that all is there, and how long it is. */
const wholeMark = "whole.json";

/**
 * A content in the browser's storage: a folder with its bytes in the files `0`, `1`, `2` …, of 32 MiB each, and
 * `whole.json` when all are there. What is written to a file shows when it is closed; so a page that is closed during
 * a transfer loses the last piece at most.
 */
export class ContentFolder {
  readonly #folder: PrivateFolder;

  constructor(folder: PrivateFolder) {
    this.#folder = folder;
  }

  get path(): string {
    return this.#folder.path;
  }

  /** The pieces from the first on, as far as none is missing or too short. */
  async pieces(): Promise<readonly File[]> {
    const pieces: File[] = [];
    for (let index = 0; ; index += 1) {
      const piece = await this.#folder.findFile(String(index));
      if (piece === undefined || piece.size === 0) return pieces;
      pieces.push(piece);
      if (piece.size !== pieceBytes) return pieces;
    }
  }

  /** The length of the content; `undefined` where it is not whole. */
  async wholeSize(): Promise<number | undefined> {
    try {
      const mark: unknown = JSON.parse((await this.#folder.readText(wholeMark)) ?? "");
      const size = typeof mark === "object" && mark !== null && "size" in mark ? mark.size : undefined;
      return typeof size === "number" ? size : undefined;
    } catch {
      return undefined;
    }
  }

  /** The content, which stays on disk until it is read; `undefined` where it is not whole. */
  async open(): Promise<Blob | undefined> {
    if ((await this.wholeSize()) === undefined) return undefined;
    const pieces = await this.pieces();
    const [only] = pieces;
    return only !== undefined && pieces.length === 1 ? only : new Blob([...pieces]);
  }

  /** A stream into the piece that holds the byte at `position`, from there on. */
  writePiece(position: number): Promise<FileSystemWritableFileStream> {
    return this.#folder.writeFile(String(Math.floor(position / pieceBytes)), position % pieceBytes);
  }

  /** Says that all is there. @throws CacheWriteError */
  markWhole(size: number): Promise<void> {
    return this.#folder.writeText(wholeMark, JSON.stringify({ size }));
  }

  /** Removes everything in it. @throws CacheWriteError */
  async clear(): Promise<void> {
    await this.#folder.remove(wholeMark);
    for (const { name } of await this.#folder.entries()) await this.#folder.remove(name);
  }
}
