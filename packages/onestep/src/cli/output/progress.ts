import type { ProgressEvent } from "@onestep/core";
import type { OutputStream } from "../system.ts";
import { columnsOf, formatProgressLine, type ProgressState } from "./layout.ts";
import { formatBytes, formatDuration, printable } from "./text.ts";
import { type ExpectedFiles, FileTransfers } from "./transfers.ts";

/** Shows progress while the user waits. */
export interface ProgressDisplay {
  /** Announces the files of a model, for a total over all of them. */
  expect(expected: ExpectedFiles): void;
  /** Shows an event. */
  show(event: ProgressEvent): void;
  /** Shows the start of an activity that emits no events: `Generating`. */
  showTask(label: string): void;
  /** Writes a separate line, above the bar if there is one. */
  print(line: string): void;
  /** Clears the display, if anything is drawn. It can be used again. */
  clear(): void;
}

/** How many lines a transfer, or the steps of a run, take at most. */
const mostLines = 10;

/** Files below this size are not worth a line if nothing announced them: configurations, for example. */
const smallBytes = 1_000_000;

/**
 * Progress as plain lines, for logs. A model takes about ten lines: one for each file that is fetched or, if that is
 * fewer, one for each tenth of all bytes. So do the steps of a run.
 */
export class ProgressLines implements ProgressDisplay {
  readonly #stream: OutputStream;
  readonly #transfers = new FileTransfers();
  #expected: ExpectedFiles | undefined;
  #tenths = 0;
  #steps = 0;

  constructor(stream: OutputStream) {
    this.#stream = stream;
  }

  expect(expected: ExpectedFiles): void {
    const { files, verb } = expected;
    this.#expected = expected;
    this.#tenths = 0;
    this.#transfers.expect(files);
    const [only = ""] = files.keys();
    const subject = files.size === 1 ? only : `${files.size} files`;
    if (files.size > 0) this.print(`${verb} ${subject} (${formatBytes(sumOf(files))})`);
  }

  show(event: ProgressEvent): void {
    const line = this.#describe(event);
    if (line !== undefined) this.print(line);
  }

  showTask(label: string): void {
    this.#steps = 0;
    this.print(label);
  }

  print(line: string): void {
    this.#stream.write(`${printable(line)}\n`);
  }

  clear(): void {}

  #describe(event: ProgressEvent): string | undefined {
    switch (event.type) {
      case "file-start":
      case "file-progress":
      case "file-end":
        return this.#describeFile(event);
      case "component-start":
        return `Loading ${event.component}`;
      case "component-end":
        return undefined;
      case "step-end":
        return this.#describeStep(event.step + 1, event.totalSteps);
    }
  }

  #describeFile(event: Extract<ProgressEvent, { readonly file: string }>): string | undefined {
    const hasEnded = this.#transfers.update(event) !== undefined;
    const { file, type } = event;
    const expected = this.#expected?.files.has(file) ? this.#expected : undefined;
    if (expected !== undefined && expected.files.size > mostLines) {
      const total = sumOf(expected.files);
      return this.#describeTenth(expected.verb, hasEnded ? total : this.#transfers.loadedBytes, total);
    }
    if (type === "file-progress" || event.cached) return undefined;
    const { totalBytes = 0 } = event;
    if (expected !== undefined) {
      return type === "file-end" ? `${pastOf(expected.verb)} ${file}` : undefined;
    }
    if (totalBytes < smallBytes) return undefined;
    return type === "file-end" ? `Fetched ${file}` : `Fetching ${file} (${formatBytes(totalBytes)})`;
  }

  #describeTenth(verb: ExpectedFiles["verb"], loaded: number, total: number): string | undefined {
    const tenth = total === 0 ? mostLines : Math.floor((loaded / total) * mostLines);
    if (tenth <= this.#tenths) return undefined;
    this.#tenths = tenth;
    const part = `${(tenth * 100) / mostLines} % (${formatBytes(loaded)} of ${formatBytes(total)})`;
    return `${pastOf(verb)} ${part}`;
  }

  /** The first step, the last, and about eight between. */
  #describeStep(step: number, total: number): string | undefined {
    const part = Math.floor((step * mostLines) / total);
    if (step > 1 && step < total && part <= this.#steps) return undefined;
    this.#steps = part;
    return `Step ${step} of ${total}`;
  }
}

function sumOf(files: ReadonlyMap<string, number>): number {
  return [...files.values()].reduce((sum, size) => sum + size, 0);
}

function pastOf(verb: ExpectedFiles["verb"]): string {
  return verb === "Fetching" ? "Fetched" : "Uploaded";
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
  readonly #transfers: FileTransfers;
  #expected: ExpectedFiles | undefined;
  #task: Task | undefined;
  #startedAt = 0;
  #drawnAt = Number.NEGATIVE_INFINITY;
  /** Columns of the line that is drawn; 0 for none. */
  #drawnColumns = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopWatching: (() => void) | undefined;

  /** @param now - The time in milliseconds, from any origin. */
  constructor(stream: OutputStream, now: () => number = () => performance.now()) {
    this.#stream = stream;
    this.#now = now;
    this.#transfers = new FileTransfers(now);
  }

  expect(expected: ExpectedFiles): void {
    this.#expected = expected;
    this.#transfers.expect(expected.files);
  }

  show(event: ProgressEvent): void {
    switch (event.type) {
      case "file-start":
      case "file-progress":
        this.#transfers.update(event);
        this.#showTransfers();
        break;
      case "file-end":
        this.#endFile(event);
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
    this.#stream.write(`${printable(line)}\n`);
  }

  clear(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#stopWatching?.();
    this.#stopWatching = undefined;
    this.#task = undefined;
    this.#drawnAt = Number.NEGATIVE_INFINITY;
    if (this.#drawnColumns > 0) this.#stream.write(this.#eraser());
    this.#drawnColumns = 0;
  }

  /** Some terminals say that they have none. */
  get #columns(): number {
    return this.#stream.columns || 80;
  }

  /** A terminal that became narrower has wrapped the line, and shows it on several rows. */
  #eraser(): string {
    const rows = Math.ceil(this.#drawnColumns / this.#columns);
    return rows > 1 ? `\r\u001B[${rows - 1}A\u001B[J` : eraseLine;
  }

  /** One line is left for all files of a model. */
  #endFile(event: Extract<ProgressEvent, { readonly type: "file-end" }>): void {
    const ended = this.#transfers.update(event);
    if (ended !== undefined && (this.#expected !== undefined || ended.bytes >= smallBytes)) {
      this.print(
        `${pastOf(this.#expected?.verb ?? "Fetching")} ${ended.subject} (${formatBytes(ended.bytes)})`,
      );
    } else if (ended !== undefined && this.#task?.id.startsWith(transferPrefix)) {
      this.clear();
    } else {
      this.#showTransfers();
    }
    if (ended !== undefined) this.#expected = undefined;
  }

  #showTransfers(): void {
    const { state } = this.#transfers;
    if (state === undefined) return;
    const { loadedBytes: loaded, totalBytes: total, movedBytes, milliseconds } = state;
    const id = `${transferPrefix}${state.id}`;
    this.#begin(id);
    const size =
      total === undefined ? formatBytes(loaded) : `${formatBytes(loaded)} of ${formatBytes(total)}`;
    const isFast = movedBytes > 0 && milliseconds >= tickMilliseconds;
    const done = total === undefined || total === 0 ? undefined : loaded / total;
    this.#show({
      id,
      label: `${this.#expected?.verb ?? "Fetching"} ${state.subject}`,
      facts: isFast ? [size, `${formatBytes((movedBytes * 1000) / milliseconds)}/s`] : [size],
      advance:
        done === undefined || total === undefined
          ? undefined
          : {
              fraction: done,
              moved: movedBytes / total,
              after: milliseconds,
              since: this.#now() - milliseconds,
            },
    });
  }

  #showStep(done: number, total: number): void {
    const label = "Generating";
    const after = this.#begin(label);
    const fraction = done / total;
    this.#show({
      id: label,
      label,
      facts: [`step ${done} of ${total}`],
      advance: { fraction, moved: fraction, after, since: this.#startedAt },
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
    this.#stopWatching ??= this.#stream.onResize?.(() => this.#draw());
    if (this.#now() - this.#drawnAt >= redrawMilliseconds) this.#draw();
  }

  #draw(): void {
    if (this.#task === undefined) return;
    const now = this.#now();
    // One column is left free: some terminals wrap when the last one is written.
    const line = formatProgressLine(
      describeTask(this.#task, now, this.#startedAt),
      Math.max(1, this.#columns - 1),
    );
    this.#stream.write(this.#eraser() + printable(line));
    this.#drawnAt = now;
    this.#drawnColumns = columnsOf(line);
  }
}

const transferPrefix = "transfers ";

function describeTask({ label, facts, advance }: Task, now: number, startedAt: number): ProgressState {
  if (advance === undefined) {
    const elapsed = now - startedAt;
    return { label, facts: elapsed < tickMilliseconds ? facts : [...facts, formatDuration(elapsed)] };
  }
  const left = timeLeft(advance, now - advance.since);
  return {
    label,
    fraction: advance.fraction,
    facts: left === undefined ? facts : [...facts, left],
  };
}

/** Progress of a piece of work. */
export interface Advance {
  /** Progress from 0 to 1. */
  readonly fraction: number;
  /** The part of it that was done in `after`, where work was resumed. */
  readonly moved?: number;
  /** Time taken so far, in milliseconds. */
  readonly after: number;
  /** When that time began. */
  readonly since: number;
}

/**
 * The remaining time at the speed so far, as text: `12 s left`. `undefined` in the first second, when it would be a
 * guess, and at the end.
 *
 * @param elapsed - Milliseconds since the work began; the time since the last advance counts down.
 */
export function timeLeft(
  { fraction, moved = fraction, after }: Pick<Advance, "fraction" | "moved" | "after">,
  elapsed: number,
): string | undefined {
  if (!(fraction > 0 && fraction < 1 && moved > 0) || after < 1000) return undefined;
  const rest = (after * (1 - fraction)) / moved - (elapsed - after);
  const seconds = Math.max(1, Math.ceil(rest / 1000));
  return `${seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1000)} left`;
}
