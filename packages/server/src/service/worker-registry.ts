import { jobFormat } from "../job.ts";
import { parseJsonRecord } from "../records.ts";
import type { ImageStorage } from "../storage/storage.ts";
import type { ModelCard } from "./model-card.ts";
import type { ModelSource } from "./model-directory.ts";

/** What a worker tells front ends of itself, through the storage. */
export interface WorkerRecord {
  readonly id: string;
  /** Counts up. A record that no longer changes is that of a dead worker; clocks are not compared. */
  readonly sequence: number;
  readonly version: string;
  /** The version of jobs that it takes. */
  readonly format: number;
  readonly running: number;
  readonly cards: readonly ModelCard[];
}

/** A worker as a front end sees it. */
export interface SeenWorker extends WorkerRecord {
  /** Seconds since its record changed. */
  readonly age: number;
}

const prefix = "workers/";

/** Writes a worker's record. */
export async function publishWorker(storage: ImageStorage, record: WorkerRecord): Promise<void> {
  const bytes = new TextEncoder().encode(JSON.stringify(record));
  await storage.put(`${prefix}${record.id}.json`, bytes, { mediaType: "application/json", replace: true });
}

/** Removes a worker's record. */
export async function withdrawWorker(storage: ImageStorage, id: string): Promise<void> {
  await storage.delete([`${prefix}${id}.json`]);
}

/** Options of {@link WorkerRegistry}. */
export interface RegistryOptions {
  /** After how many seconds without a change a worker counts as dead; 15 by default. */
  readonly silence?: number | undefined;
  /** How often the storage is read at most, in seconds; 2 by default. */
  readonly interval?: number | undefined;
}

/** The workers that write to a storage, and their models. */
export class WorkerRegistry implements ModelSource {
  readonly #storage: ImageStorage;
  readonly #silence: number;
  readonly #interval: number;
  readonly #seen = new Map<string, { readonly record: WorkerRecord; readonly changedAt: number }>();
  #reading: Promise<void> | undefined;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(storage: ImageStorage, { silence = 15, interval = 2 }: RegistryOptions = {}) {
    this.#storage = storage;
    this.#silence = silence;
    this.#interval = interval;
  }

  /** The workers that are alive. */
  async workers(): Promise<readonly SeenWorker[]> {
    if (performance.now() - this.#readAt > this.#interval * 1000) {
      this.#reading ??= this.#read().finally(() => {
        this.#reading = undefined;
      });
      await this.#reading;
    }
    const now = performance.now();
    return [...this.#seen.values()]
      .map(({ record, changedAt }) => ({ ...record, age: (now - changedAt) / 1000 }))
      .filter(({ age }) => age <= this.#silence);
  }

  /** The models of workers that take this version's jobs, each once. */
  async cards(): Promise<readonly ModelCard[]> {
    const workers = (await this.workers()).filter(({ format }) => format === jobFormat);
    const cards = new Map<string, ModelCard>();
    for (const card of workers.flatMap((worker) => worker.cards)) {
      if (!cards.has(card.name)) cards.set(card.name, card);
    }
    return [...cards.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** Why there is no model: no worker, or workers of another version alone. */
  async absence(): Promise<string> {
    const [other] = await this.workers();
    if (other === undefined || other.format === jobFormat) return "No worker is running";
    return `Workers are running, but of another version (${other.version})`;
  }

  async workerCount(model: string): Promise<number> {
    const workers = await this.workers();
    return workers.filter(
      ({ format, cards }) => format === jobFormat && cards.some(({ name }) => name === model),
    ).length;
  }

  async #read(): Promise<void> {
    const found = new Set<string>();
    for await (const { key } of this.#storage.list(prefix)) {
      const record = readRecord(await this.#storage.get(key));
      if (record === undefined) continue;
      found.add(record.id);
      const before = this.#seen.get(record.id);
      if (before?.record.sequence !== record.sequence) {
        this.#seen.set(record.id, { record, changedAt: performance.now() });
      }
    }
    for (const id of this.#seen.keys()) {
      if (!found.has(id)) this.#seen.delete(id);
    }
    this.#readAt = performance.now();
  }
}

function readRecord(bytes: Uint8Array | undefined): WorkerRecord | undefined {
  const record = parseJsonRecord(bytes);
  const isWorker =
    typeof record?.["id"] === "string" &&
    typeof record["sequence"] === "number" &&
    Array.isArray(record["cards"]);
  return isWorker ? (record as unknown as WorkerRecord) : undefined;
}
