import { open } from "node:fs/promises";
import { IntegrityError } from "../errors/integrity-error.ts";
import { checkRange } from "../file/check-range.ts";
import { readText } from "../file/read-text.ts";
import type { ReadOptions, RepositoryFile, TextOptions } from "../repository.ts";
import { toFileReadError } from "./to-file-read-error.ts";

/** A file of a repository that lies on disk. */
export class DiskFile implements RepositoryFile {
  readonly path: string;
  readonly size: number;
  readonly localPath: string;

  /** @param localPath - Absolute, symbolic links resolved. */
  constructor(path: string, localPath: string, size: number) {
    this.path = path;
    this.localPath = localPath;
    this.size = size;
  }

  async read(start: number, end: number, options: ReadOptions = {}): Promise<Uint8Array> {
    checkRange(this, start, end);
    options.signal?.throwIfAborted();
    const bytes = new Uint8Array(end - start);
    const filled = await this.#fill(bytes, start, options.signal);
    if (filled === bytes.length) return bytes;
    throw new IntegrityError({
      subject: this.localPath,
      found: `an end after ${start + filled} bytes`,
      expected: `${this.size} bytes, as when the file was opened`,
      remedy: "Something changed the file meanwhile; open the repository again.",
    });
  }

  text(options: TextOptions = {}): Promise<string> {
    return readText(this, options);
  }

  /** Reads from `position` on until `bytes` is full or the file ends. Returns the count of bytes. */
  async #fill(bytes: Uint8Array, position: number, signal: AbortSignal | undefined): Promise<number> {
    let filled = 0;
    try {
      const file = await open(this.localPath, "r");
      try {
        while (filled < bytes.length) {
          signal?.throwIfAborted();
          const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, position + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
      } finally {
        await file.close();
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw toFileReadError(this.localPath, error);
    }
    return filled;
  }
}
