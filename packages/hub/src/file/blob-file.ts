import { FileReadError } from "../errors/file-read-error.ts";
import type { ReadOptions, RepositoryFile, TextOptions } from "../repository.ts";
import { checkRange } from "./check-range.ts";
import { readText } from "./read-text.ts";

/** A file whose content is a Blob: a local file, or a copy in the browser's cache. */
export class BlobFile implements RepositoryFile {
  readonly path: string;
  readonly size: number;
  readonly localPath: undefined;
  readonly blob: Blob;

  constructor(path: string, blob: Blob) {
    this.path = path;
    this.size = blob.size;
    this.blob = blob;
  }

  async read(start: number, end: number, options: ReadOptions = {}): Promise<Uint8Array> {
    checkRange(this, start, end);
    options.signal?.throwIfAborted();
    try {
      return new Uint8Array(await this.blob.slice(start, end).arrayBuffer());
    } catch (cause) {
      throw new FileReadError(
        {
          subject: this.path,
          found: `a file that the browser does not read (${cause instanceof Error ? cause.message : cause})`,
          expected: "the file as it was when it was opened",
          remedy: "It may have been changed, moved or deleted since: open it again.",
        },
        { cause },
      );
    }
  }

  text(options: TextOptions = {}): Promise<string> {
    return readText(this, options);
  }
}
