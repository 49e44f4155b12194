import type { ProgressEvent } from "@onestep/core";
import type { OutputStream } from "../system.ts";
import { formatProgressLine, type ProgressState } from "./layout.ts";
import { formatBytes, formatDuration, printable } from "./text.ts";

/** Shows progress while the user waits. */
export interface ProgressDisplay {
  /** Shows an event. */
  show(event: ProgressEvent): void;
  /** Shows the start of an activity that emits no events: `Generating`. */
  showTask(label: string): void;
  /** Writes a separate line, above the bar if there is one. */
  print(line: string): void;
  /** Clears the display, if anything is drawn. It can be used again. */
  clear(): void;
}

const linesPerFile = 10;

/** Progress as plain lines, for logs: one at each start and end, and at every 10 % of a file. */
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

const redrawMilliseconds = 100;
const tickMilliseconds = 1000;
const eraseLine = "\r\u001B[K";

/** The current activity. */
interface Task {
  /** Its clock runs until another activity begins. */
  readonly id: string;
  readonly label: string;
  readonly facts: readonly string[];
  /** Its progress; `undefined` if the total is unknown. */
  readonly advance: Advance | undefined;
}

/**
 * Progress as one continually redrawn terminal line.
 *
 * The cursor is never hidden and no terminal mode is changed, so there is nothing to restore but the line, even if the
 * process is killed.
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

  /** @param now - The time in milliseconds, from any origin. */
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

  /** Starts the clock when a new activity begins. @returns Milliseconds since it began. */
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
    // One column is left free: some terminals wrap when the last one is written.
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

/** Combined progress of the files in transfer. */
export interface TransferState {
  /** Identifies a batch of transfers. */
  readonly id: number;
  /** `unet/config.json`, or `3 files`. */
  readonly subject: string;
  readonly loadedBytes: number;
  /** `undefined` if any length is unknown. */
  readonly totalBytes: number | undefined;
}

interface Transfer {
  readonly loadedBytes: number;
  readonly totalBytes: number | undefined;
}

/**
 * Adds up files fetched concurrently. A batch begins with the first file and ends when none is in transfer; finished
 * files count until then, so that the sum never decreases.
 */
export class FileTransfers {
  readonly #transfers = new Map<string, Transfer>();
  readonly #moving = new Set<string>();
  #id = 0;

  /** Handles a file event. */
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

  /** The total; `undefined` if no file is in transfer. */
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

/** Progress of a piece of work. */
export interface Advance {
  /** Progress from 0 to 1. */
  readonly fraction: number;
  /** Time taken so far, in milliseconds. */
  readonly after: number;
}

/**
 * The remaining time at the speed so far, as text: `12 s left`. `undefined` in the first second, when it would be a
 * guess, and at the end.
 *
 * @param elapsed - Milliseconds since the work began; the time since the last advance counts down.
 */
export function timeLeft({ fraction, after }: Advance, elapsed: number): string | undefined {
  if (!(fraction > 0 && fraction < 1) || after < 1000) return undefined;
  const rest = (after * (1 - fraction)) / fraction - (elapsed - after);
  const seconds = Math.max(1, Math.ceil(rest / 1000));
  return `${seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1000)} left`;
}
