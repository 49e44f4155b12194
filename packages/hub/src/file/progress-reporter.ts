import type { ProgressListener } from "@onestep/core";

/** Often enough for a bar that moves, seldom enough for a listener that draws. */
const intervalMilliseconds = 100;

/** Tells a listener how a file's transfer goes: at its start and end, and at most ten times a second between. */
export class ProgressReporter {
  readonly #file: string;
  #total: { readonly totalBytes?: number };
  readonly #listener: ProgressListener;
  #nextReport = 0;

  constructor(file: string, totalBytes: number | undefined, listener: ProgressListener) {
    this.#file = file;
    this.#total = totalBytes === undefined ? {} : { totalBytes };
    this.#listener = listener;
  }

  start(): void {
    this.#listener({ type: "file-start", file: this.#file, ...this.#total, cached: false });
  }

  progress(loadedBytes: number): void {
    // More has come than the server had said.
    if (loadedBytes > (this.#total.totalBytes ?? loadedBytes)) this.#total = {};
    const now = Date.now();
    if (now < this.#nextReport && loadedBytes !== this.#total.totalBytes) return;
    this.#nextReport = now + intervalMilliseconds;
    this.#listener({ type: "file-progress", file: this.#file, loadedBytes, ...this.#total });
  }

  end(totalBytes: number): void {
    this.#listener({ type: "file-end", file: this.#file, totalBytes, cached: false });
  }
}
