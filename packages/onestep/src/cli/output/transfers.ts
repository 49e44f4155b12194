import type { ProgressEvent } from "@onestep/core";

/** The files of a model that are about to be transferred. */
export interface ExpectedFiles {
  readonly verb: "Fetching" | "Uploading";
  /** Bytes by path, of those that are not there yet. */
  readonly files: ReadonlyMap<string, number>;
}

/** Combined progress of the files in transfer. */
export interface TransferState {
  /** Identifies a batch of transfers. */
  readonly id: number;
  /** `unet/config.json`, or `3 files`. */
  readonly subject: string;
  readonly loadedBytes: number;
  /** `undefined` if any length is unknown. */
  readonly totalBytes: number | undefined;
  /** Bytes that arrived in this run: without those of an earlier one, which a download resumes from. */
  readonly movedBytes: number;
  /** How long files have been in transfer. */
  readonly milliseconds: number;
}

/** A batch of transfers that is complete. */
export interface EndedBatch {
  /** `unet/config.json`, or `3 files`. */
  readonly subject: string;
  readonly bytes: number;
}

interface Transfer {
  readonly loadedBytes: number;
  readonly totalBytes: number | undefined;
  /** Bytes of an earlier run; `undefined` until the first progress of the file. */
  readonly resumedBytes: number | undefined;
}

/** More than arrives before the first event of a file: beyond it, a download has been resumed. */
const resumedFromBytes = 2 ** 23;

/**
 * Adds up files. A batch begins with the first file, or with what {@link expect} announces, and ends when no file of it
 * is left; finished files count until then, so that the sum never decreases.
 */
export class FileTransfers {
  readonly #now: () => number;
  readonly #transfers = new Map<string, Transfer>();
  readonly #expected = new Set<string>();
  readonly #moving = new Set<string>();
  #id = 0;
  #milliseconds = 0;
  #updatedAt = 0;

  /** @param now - The time in milliseconds, from any origin. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Announces files, for a total over all of them. */
  expect(files: ReadonlyMap<string, number>): void {
    this.#begin();
    for (const [path, totalBytes] of files) {
      this.#expected.add(path);
      this.#transfers.set(path, { loadedBytes: 0, totalBytes, resumedBytes: undefined });
    }
  }

  /** Handles a file event. @returns The batch, if this was its end and something was transferred. */
  update(event: Extract<ProgressEvent, { readonly file: string }>): EndedBatch | undefined {
    this.#tick();
    const { file, type } = event;
    if (type === "file-end") {
      this.#moving.delete(file);
      this.#expected.delete(file);
      if (event.cached && !this.#isMoved(file)) this.#transfers.delete(file);
      else if (this.#transfers.has(file)) this.#set(file, event.totalBytes, event.totalBytes);
      return this.#end();
    } else if (type === "file-progress" || !event.cached) {
      if (this.#moving.size + this.#expected.size === 0) this.#begin();
      this.#moving.add(file);
      this.#set(file, type === "file-progress" ? event.loadedBytes : 0, event.totalBytes);
    }
    return undefined;
  }

  /** The total; `undefined` if no file is in transfer. */
  get state(): TransferState | undefined {
    const [file] = this.#moving;
    if (file === undefined) return undefined;
    this.#tick();
    let loadedBytes = 0;
    let movedBytes = 0;
    let totalBytes: number | undefined = 0;
    for (const transfer of this.#transfers.values()) {
      loadedBytes += transfer.loadedBytes;
      movedBytes += transfer.loadedBytes - (transfer.resumedBytes ?? 0);
      totalBytes =
        totalBytes === undefined || transfer.totalBytes === undefined
          ? undefined
          : totalBytes + transfer.totalBytes;
    }
    const count = new Set([...this.#moving, ...this.#expected]).size;
    const subject = count === 1 ? file : `${count} files`;
    return { id: this.#id, subject, loadedBytes, totalBytes, movedBytes, milliseconds: this.#milliseconds };
  }

  /** Bytes of the batch that have arrived. */
  get loadedBytes(): number {
    return [...this.#transfers.values()].reduce((sum, { loadedBytes }) => sum + loadedBytes, 0);
  }

  #end(): EndedBatch | undefined {
    if (this.#moving.size + this.#expected.size > 0) return undefined;
    const [file] = this.#transfers.keys();
    if (file === undefined) return undefined;
    const subject = this.#transfers.size === 1 ? file : `${this.#transfers.size} files`;
    const bytes = this.loadedBytes;
    this.#transfers.clear();
    return { subject, bytes };
  }

  #begin(): void {
    this.#id += 1;
    this.#transfers.clear();
    this.#expected.clear();
    this.#milliseconds = 0;
    this.#updatedAt = this.#now();
  }

  /** Counts the time in which files are in transfer, and not the time in which a model is loaded between two. */
  #tick(): void {
    const now = this.#now();
    if (this.#moving.size > 0) this.#milliseconds += now - this.#updatedAt;
    this.#updatedAt = now;
  }

  #isMoved(file: string): boolean {
    return (this.#transfers.get(file)?.loadedBytes ?? 0) > 0;
  }

  #set(file: string, loadedBytes: number, totalBytes: number | undefined): void {
    const former = this.#transfers.get(file);
    const isFirst = former?.resumedBytes === undefined && loadedBytes > 0;
    const resumedBytes = isFirst ? (loadedBytes > resumedFromBytes ? loadedBytes : 0) : former?.resumedBytes;
    this.#transfers.set(file, { loadedBytes, totalBytes: totalBytes ?? former?.totalBytes, resumedBytes });
  }
}
