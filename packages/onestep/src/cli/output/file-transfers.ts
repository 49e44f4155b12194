import type { ProgressEvent } from "@onestep/core";

/** How far the files that are on their way have come together. */
export interface TransferState {
  /** Tells one row of transfers from the next. */
  readonly id: number;
  /** `unet/config.json`, or `3 files`. */
  readonly subject: string;
  readonly loadedBytes: number;
  /** `undefined` where the length of one is not known. */
  readonly totalBytes: number | undefined;
}

interface Transfer {
  readonly loadedBytes: number;
  readonly totalBytes: number | undefined;
}

/**
 * Adds up the files that are fetched at the same time. A row of transfers begins with the first file and ends when none
 * is on its way any more; those that have ended count until then, so that the sum never falls.
 */
export class FileTransfers {
  readonly #transfers = new Map<string, Transfer>();
  readonly #moving = new Set<string>();
  #id = 0;

  /** Takes in what happened to a file. */
  update(event: Extract<ProgressEvent, { readonly file: string }>): void {
    const { file, type } = event;
    if (type === "file-end") {
      this.#moving.delete(file);
      if (this.#transfers.has(file)) this.#set(file, event.totalBytes, event.totalBytes);
      if (this.#moving.size === 0) this.#transfers.clear();
    } else if (type === "file-progress" || !event.cached) {
      if (this.#moving.size === 0) this.#id += 1;
      this.#moving.add(file);
      this.#set(file, type === "file-progress" ? event.loadedBytes : 0, event.totalBytes);
    }
  }

  /** All of them together; `undefined` where none is on its way. */
  get state(): TransferState | undefined {
    const [file, ...others] = this.#moving;
    if (file === undefined) return undefined;
    let loadedBytes = 0;
    let totalBytes: number | undefined = 0;
    for (const transfer of this.#transfers.values()) {
      loadedBytes += transfer.loadedBytes;
      totalBytes =
        totalBytes === undefined || transfer.totalBytes === undefined
          ? undefined
          : totalBytes + transfer.totalBytes;
    }
    const subject = others.length === 0 ? file : `${others.length + 1} files`;
    return { id: this.#id, subject, loadedBytes, totalBytes };
  }

  #set(file: string, loadedBytes: number, totalBytes: number | undefined): void {
    this.#transfers.set(file, { loadedBytes, totalBytes });
  }
}
