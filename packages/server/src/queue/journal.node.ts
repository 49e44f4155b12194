import { createHash } from "node:crypto";
import { type FileHandle, mkdir, open, readFile, rename, unlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isRecord, warn } from "@onestep/core/internal";
import type { JobOutcome } from "../job.ts";
import { attempt, ignoreMissing, syncFolder } from "../storage/folder-files.node.ts";

const fileName = "journal.jsonl";

/** One outcome, and when it was written, in seconds since 1970. */
interface JournalEntry {
  readonly id: string;
  readonly at: number;
  readonly outcome: JobOutcome;
}

/** Options of {@link openJournal}. */
export interface JournalOptions {
  /** How old outcomes get, in seconds, before they are dropped; a day by default. */
  readonly keepSeconds?: number | undefined;
}

/** A line that waits to be written. */
interface Waiting {
  readonly entry: JournalEntry;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The outcomes of durable jobs of a service on one machine, in a file that survives its process: a line of JSON each,
 * with a checksum. What is appended while a line is flushed to the disk is flushed together.
 */
export class Journal {
  /** The outcomes that are kept, by the ids of the jobs. */
  readonly outcomes: ReadonlyMap<string, JobOutcome>;
  readonly #outcomes = new Map<string, JobOutcome>();
  readonly #path: string;
  readonly #keepSeconds: number;
  readonly #entries: Map<string, JournalEntry>;
  #file: FileHandle;
  #waiting: Waiting[] = [];
  /** The work on the file, one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  /** Whether the last line may be incomplete. */
  #isTorn = false;
  #isClosed = false;

  private constructor(
    path: string,
    file: FileHandle,
    entries: Map<string, JournalEntry>,
    keepSeconds: number,
  ) {
    this.#path = path;
    this.#file = file;
    this.#entries = entries;
    for (const { id, outcome } of entries.values()) this.#outcomes.set(id, outcome);
    this.outcomes = this.#outcomes;
    this.#keepSeconds = keepSeconds;
  }

  /** @see openJournal */
  static async open(folder: string, keepSeconds: number): Promise<Journal> {
    const path = join(resolve(folder), fileName);
    return await attempt("write", path, async () => {
      await mkdir(folder, { recursive: true });
      const { entries, damaged, isTorn } = await readEntries(path);
      if (damaged > 0) {
        warn(`${path}: ${damaged} damaged lines are dropped. Their jobs are made again.`, "server");
      }
      const journal = new Journal(path, await open(path, "a"), entries, keepSeconds);
      await syncFolder(resolve(folder));
      journal.#isTorn = isTorn;
      await journal.compact();
      return journal;
    });
  }

  /**
   * Writes an outcome. Resolves when it is on the disk.
   *
   * @throws StorageError if it cannot be written. It may be on the disk nevertheless.
   */
  async append(id: string, outcome: JobOutcome): Promise<void> {
    if (this.#isClosed) throw new Error("The journal is closed.");
    const entry = { id, at: Math.floor(Date.now() / 1000), outcome };
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject });
      if (this.#waiting.length === 1) void this.#enter(() => this.#flush());
    });
  }

  /**
   * Drops what is older than the journal keeps. The new file is written aside, and renamed.
   *
   * @throws StorageError if it cannot be written. The journal is unchanged.
   */
  async compact(): Promise<void> {
    await this.#enter(() => attempt("write", this.#path, () => this.#rewrite()));
  }

  /** Waits for what is being written. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#enter(() => this.#file.close());
  }

  async #enter<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return await result;
  }

  async #flush(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    try {
      await attempt("write", this.#path, async () => {
        const start = this.#isTorn ? "\n" : "";
        this.#isTorn = true;
        await this.#file.writeFile(start + batch.map(({ entry }) => formatLine(entry)).join(""));
        await this.#file.datasync();
        this.#isTorn = false;
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
      return;
    }
    for (const { entry, resolve } of batch) {
      if (!this.#entries.has(entry.id)) {
        this.#entries.set(entry.id, entry);
        this.#outcomes.set(entry.id, entry.outcome);
      }
      resolve();
    }
  }

  async #rewrite(): Promise<void> {
    const limit = Math.floor(Date.now() / 1000) - this.#keepSeconds;
    const kept = [...this.#entries.values()].filter(({ at }) => at >= limit);
    if (kept.length === this.#entries.size && !this.#isTorn) return;
    const aside = `${this.#path}.new`;
    await unlink(aside).catch(ignoreMissing);
    // The new file is appended to later, under its new name.
    const file = await open(aside, "ax");
    try {
      await file.writeFile(kept.map(formatLine).join(""));
      await file.sync();
      await rename(aside, this.#path);
      await syncFolder(join(this.#path, ".."));
    } catch (error) {
      await file.close().catch(() => {});
      await unlink(aside).catch(() => {});
      throw error;
    }
    await this.#file.close().catch(() => {});
    this.#file = file;
    this.#isTorn = false;
    for (const { id, at } of [...this.#entries.values()]) {
      if (at >= limit) continue;
      this.#entries.delete(id);
      this.#outcomes.delete(id);
    }
  }
}

/**
 * Opens the journal in a folder, which is made unless it exists. Damaged lines are dropped with a warning, and outcomes
 * that are too old without one.
 *
 * @throws StorageError if the folder cannot be read and written.
 */
export async function openJournal(
  folder: string,
  { keepSeconds = 86_400 }: JournalOptions = {},
): Promise<Journal> {
  return await Journal.open(folder, keepSeconds);
}

async function readEntries(
  path: string,
): Promise<{ entries: Map<string, JournalEntry>; damaged: number; isTorn: boolean }> {
  const text = (await readFile(path, "utf8").catch(ignoreMissing)) ?? "";
  const entries = new Map<string, JournalEntry>();
  let damaged = 0;
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const entry = parseLine(line);
    if (entry === undefined) damaged += 1;
    // A job keeps its first outcome.
    else if (!entries.has(entry.id)) entries.set(entry.id, entry);
  }
  return { entries, damaged, isTorn: damaged > 0 || !(text === "" || text.endsWith("\n")) };
}

function formatLine(entry: JournalEntry): string {
  const json = JSON.stringify(entry);
  return `${checksum(json)} ${json}\n`;
}

function parseLine(line: string): JournalEntry | undefined {
  const json = line.slice(17);
  if (line !== `${checksum(json)} ${json}`) return undefined;
  const value: unknown = JSON.parse(json);
  return isEntry(value) ? value : undefined;
}

/** Whether a line was written by this version; its checksum was right. */
function isEntry(value: unknown): value is JournalEntry {
  if (!isRecord(value)) return false;
  const { id, at, outcome } = value as Readonly<Record<keyof JournalEntry, unknown>>;
  if (typeof id !== "string" || typeof at !== "number" || !isRecord(outcome)) return false;
  return ["completed", "failed", "cancelled"].includes(String(outcome["status"]));
}

function checksum(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
