import type { ProgressEvent } from "@onestep/core";
import { formatBytes } from "./format-bytes.ts";
import type { OutputStream } from "./output-stream.ts";
import { printable } from "./printable.ts";
import type { ProgressDisplay } from "./progress-display.ts";

const linesPerFile = 10;

/** Progress as plain lines, for logs: a line where something starts or ends, and each tenth of a file. */
export class ProgressLines implements ProgressDisplay {
  readonly #stream: OutputStream;
  readonly #shown = new Map<string, number>();

  constructor(stream: OutputStream) {
    this.#stream = stream;
  }

  show(event: ProgressEvent): void {
    const line = this.#describe(event);
    if (line !== undefined) this.print(line);
  }

  showTask(label: string): void {
    this.print(label);
  }

  print(line: string): void {
    this.#stream.write(`${printable(line)}\n`);
  }

  clear(): void {}

  #describe(event: ProgressEvent): string | undefined {
    switch (event.type) {
      case "file-start":
        if (event.cached) return undefined;
        return `Fetching ${event.file}${event.totalBytes === undefined ? "" : ` (${formatBytes(event.totalBytes)})`}`;
      case "file-progress":
        return this.#describePart(event.file, event.loadedBytes, event.totalBytes);
      case "file-end":
        return event.cached ? undefined : `Fetched ${event.file}`;
      case "component-start":
        return `Loading ${event.component}`;
      case "component-end":
        return undefined;
      case "step-end":
        return `Step ${event.step + 1} of ${event.totalSteps}`;
    }
  }

  #describePart(file: string, loaded: number, total: number | undefined): string | undefined {
    if (total === undefined || total === 0 || loaded >= total) return undefined;
    const part = Math.floor((loaded / total) * linesPerFile);
    if (part <= (this.#shown.get(file) ?? 0)) return undefined;
    this.#shown.set(file, part);
    return `Fetching ${file}: ${(part * 100) / linesPerFile} % (${formatBytes(loaded)} of ${formatBytes(total)})`;
  }
}
