import type { ProgressEvent } from "@onestep/core";
import { FileTransfers } from "./file-transfers.ts";
import { formatBytes } from "./format-bytes.ts";
import { formatDuration } from "./format-duration.ts";
import type { OutputStream } from "./output-stream.ts";
import { printable } from "./printable.ts";
import type { ProgressDisplay } from "./progress-display.ts";
import { formatProgressLine, type ProgressState } from "./progress-line.ts";
import { type Advance, timeLeft } from "./time-left.ts";

const redrawMilliseconds = 100;
const tickMilliseconds = 1000;
const eraseLine = "\r\u001B[K";

/** What is going on. */
interface Task {
  /** Its clock runs until something else begins. */
  readonly id: string;
  readonly label: string;
  readonly facts: readonly string[];
  /** How far it has come; `undefined` where the end is not known. */
  readonly advance: Advance | undefined;
}

/**
 * Progress as one line of a terminal that is drawn again and again.
 *
 * The cursor is never hidden and no mode of the terminal is changed, so that there is nothing to restore but the line,
 * even where the process is killed.
 */
export class ProgressBar implements ProgressDisplay {
  readonly #stream: OutputStream;
  readonly #now: () => number;
  readonly #transfers = new FileTransfers();
  #task: Task | undefined;
  #startedAt = 0;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #isDrawn = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param now - The time in milliseconds, from any start. */
  constructor(stream: OutputStream, now: () => number = () => performance.now()) {
    this.#stream = stream;
    this.#now = now;
  }

  show(event: ProgressEvent): void {
    switch (event.type) {
      case "file-start":
      case "file-progress":
        this.#transfers.update(event);
        this.#showTransfers();
        break;
      case "file-end":
        this.#transfers.update(event);
        if (event.cached) break;
        this.#printAbove(`Fetched ${event.file} (${formatBytes(event.totalBytes)})`);
        if (this.#transfers.state === undefined) this.clear();
        else this.#showTransfers();
        break;
      case "component-start":
        this.showTask(`Loading ${event.component}`);
        break;
      case "component-end":
        break;
      case "step-end":
        this.#showStep(event.step + 1, event.totalSteps);
        break;
    }
  }

  showTask(label: string): void {
    this.#begin(label);
    this.#show({ id: label, label, facts: [], advance: undefined });
  }

  print(line: string): void {
    this.clear();
    this.#printAbove(line);
  }

  clear(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#task = undefined;
    this.#erase();
  }

  #printAbove(line: string): void {
    this.#erase();
    this.#drawnAt = Number.NEGATIVE_INFINITY;
    this.#stream.write(`${printable(line)}\n`);
  }

  #erase(): void {
    if (this.#isDrawn) this.#stream.write(eraseLine);
    this.#isDrawn = false;
  }

  #showTransfers(): void {
    const { state } = this.#transfers;
    if (state === undefined) return;
    const { loadedBytes: loaded, totalBytes: total } = state;
    const id = `transfers ${state.id}`;
    const elapsed = this.#begin(id);
    const size =
      total === undefined ? formatBytes(loaded) : `${formatBytes(loaded)} of ${formatBytes(total)}`;
    const isFast = loaded > 0 && elapsed >= tickMilliseconds;
    this.#show({
      id,
      label: `Fetching ${state.subject}`,
      facts: isFast ? [size, `${formatBytes((loaded * 1000) / elapsed)}/s`] : [size],
      advance: total === undefined || total === 0 ? undefined : { fraction: loaded / total, after: elapsed },
    });
  }

  #showStep(done: number, total: number): void {
    const label = "Generating";
    const after = this.#begin(label);
    this.#show({
      id: label,
      label,
      facts: [`step ${done} of ${total}`],
      advance: { fraction: done / total, after },
    });
  }

  /** Starts the clock where something new begins. @returns Milliseconds since it began. */
  #begin(id: string): number {
    if (id !== this.#task?.id) {
      this.#startedAt = this.#now();
      this.#drawnAt = Number.NEGATIVE_INFINITY;
    }
    return this.#now() - this.#startedAt;
  }

  #show(task: Task): void {
    this.#task = task;
    this.#timer ??= setInterval(() => this.#draw(), tickMilliseconds).unref();
    if (this.#now() - this.#drawnAt >= redrawMilliseconds) this.#draw();
  }

  #draw(): void {
    if (this.#task === undefined) return;
    this.#drawnAt = this.#now();
    this.#isDrawn = true;
    // One column is left free: some terminals break the line when the last one is written.
    const columns = (this.#stream.columns ?? 80) - 1;
    const line = formatProgressLine(describeTask(this.#task, this.#now() - this.#startedAt), columns);
    this.#stream.write(eraseLine + printable(line));
  }
}

function describeTask({ label, facts, advance }: Task, elapsed: number): ProgressState {
  if (advance === undefined) {
    const time = elapsed < tickMilliseconds ? [] : [formatDuration(elapsed)];
    return { label, detail: [...facts, ...time].join(", ") };
  }
  const left = timeLeft(advance, elapsed);
  return {
    label,
    fraction: advance.fraction,
    detail: [...facts, ...(left === undefined ? [] : [left])].join(", "),
  };
}
