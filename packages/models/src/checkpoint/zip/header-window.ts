import type { ReadOptions, RepositoryFile } from "@onestep/hub";

const windowBytes = 8192;

/** Reads headers sequentially, several at once if they are close together. */
export class HeaderWindow {
  readonly #file: RepositoryFile;
  readonly #limit: number;
  readonly #options: ReadOptions;
  #start = 0;
  #bytes: Uint8Array = new Uint8Array(0);

  /** @param limit - The end (exclusive) of the readable bytes. */
  constructor(file: RepositoryFile, limit: number, options: ReadOptions) {
    this.#file = file;
    this.#limit = limit;
    this.#options = options;
  }

  /** `length` bytes of the file; `undefined` if they extend past the limit. */
  async read(start: number, length: number): Promise<Uint8Array | undefined> {
    if (start + length > this.#limit) return undefined;
    if (start < this.#start || start + length > this.#start + this.#bytes.length) {
      const end = Math.min(this.#limit, start + Math.max(length, windowBytes));
      this.#bytes = await this.#file.read(start, end, this.#options);
      this.#start = start;
    }
    return this.#bytes.subarray(start - this.#start, start - this.#start + length);
  }
}
