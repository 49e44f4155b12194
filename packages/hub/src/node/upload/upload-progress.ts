import type { ProgressListener } from "@onestep/core";
import { ProgressReporter } from "../../file/progress-reporter.ts";
import type { UploadFile } from "../../upload/upload-file.ts";

interface FileProgress {
  readonly reporter: ProgressReporter;
  sentBytes: number;
}

/** Tells a listener how an upload goes, file by file. */
export class UploadProgress {
  readonly #listener: ProgressListener;
  readonly #sizes: ReadonlyMap<string, number>;
  readonly #started = new Map<string, FileProgress>();
  readonly #ended = new Set<string>();

  constructor(files: readonly UploadFile[], listener: ProgressListener = () => {}) {
    this.#sizes = new Map(files.map(({ path, size }) => [path, size]));
    this.#listener = listener;
  }

  /** So many bytes of a file have been sent; where negative, so many have to be sent again. */
  sent(path: string, bytes: number): void {
    const progress = this.#started.get(path) ?? this.#start(path);
    progress.sentBytes += bytes;
    progress.reporter.progress(progress.sentBytes);
  }

  /** A large file has arrived; it had before where nothing of it was sent. */
  arrived(path: string): void {
    if (this.#ended.has(path)) return;
    this.#ended.add(path);
    const totalBytes = this.#sizes.get(path) ?? 0;
    const progress = this.#started.get(path);
    if (progress === undefined) {
      this.#listener({ type: "file-start", file: path, totalBytes, cached: true });
      this.#listener({ type: "file-end", file: path, totalBytes, cached: true });
    } else {
      progress.reporter.end(totalBytes);
    }
  }

  /** All is committed, and with it the small files. */
  committed(): void {
    for (const [path, size] of this.#sizes) {
      if (this.#ended.has(path)) continue;
      if (!this.#started.has(path)) this.sent(path, size);
      this.arrived(path);
    }
  }

  #start(path: string): FileProgress {
    const reporter = new ProgressReporter(path, this.#sizes.get(path), this.#listener);
    const progress = { reporter, sentBytes: 0 };
    this.#started.set(path, progress);
    reporter.start();
    return progress;
  }
}
