import { errorMessage, warn } from "@onestep/core/internal";
import type { FileStore } from "../files/file-store.ts";
import { type BatchStore, type OpenBatch, workPrefix } from "./batch-store.ts";
import { type Lease, LeaseKeeper, type LeaseOptions } from "./lease.ts";
import { runBatch } from "./run-batch.ts";
import type { LineService } from "./run-lines.node.ts";

/** Options of {@link BatchRunner}. */
export interface BatchRunnerOptions extends LeaseOptions {
  readonly store: BatchStore;
  readonly files: FileStore;
  readonly service: LineService;
  /** How many lines of a batch run at a time; 16 by default. */
  readonly linesInFlight?: number | undefined;
  /** How many batches run at a time; 16 by default. */
  readonly batchesInFlight?: number | undefined;
  /** The most bytes of a line; 26 214 400 by default. */
  readonly lineBytes?: number | undefined;
  /** The most lines of a batch; 50 000 by default. */
  readonly maxLines?: number | undefined;
  /** How often to look for batches, and what of one is written at most as often, in milliseconds; by default 3000 and 1000. */
  readonly poll?: number | undefined;
  readonly tick?: number | undefined;
  /** The first wait of a line that meets an overload, in milliseconds; a second by default. */
  readonly patience?: number | undefined;
  /** Hears of what makes batches wait; a warning by default. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

interface ActiveBatch {
  readonly batch: OpenBatch;
  readonly ended: Promise<void>;
}

/**
 * Runs the batches of a storage: those that are created, and at the start those that were left. Several runners, of several
 * processes, may share a storage; each batch is run by one of them at a time.
 */
export class BatchRunner {
  readonly #options: BatchRunnerOptions;
  readonly #leases: LeaseKeeper;
  readonly #stop = new AbortController();
  readonly #active = new Map<string, ActiveBatch>();
  #wake: () => void = () => {};
  #running: Promise<void> | undefined;

  constructor(options: BatchRunnerOptions) {
    this.#options = options;
    this.#leases = new LeaseKeeper(options.store.storage, options);
  }

  start(): void {
    this.#running ??= this.#loop();
  }

  /** Looks for batches at once. */
  wake(): void {
    this.#wake();
  }

  /** Stops. Batches that have not ended go on when a runner starts again. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error("The service ends."));
    this.#wake();
    await this.#running;
    await Promise.all([...this.#active.values()].map(({ ended }) => ended));
  }

  async #loop(): Promise<void> {
    const { poll = 3000 } = this.#options;
    while (!this.#stop.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await this.#look().catch((error: unknown) => this.#report(error));
      const timer = setTimeout(() => this.#wake(), poll);
      if (!this.#stop.signal.aborted) await woken;
      clearTimeout(timer);
    }
  }

  async #look(): Promise<void> {
    const { batchesInFlight = 16, store } = this.#options;
    const waiting = (await store.listOpen()).filter(({ id }) => !this.#active.has(id));
    while (waiting.length > 0 && this.#active.size < batchesInFlight && !this.#stop.signal.aborted) {
      const [batch] = waiting.splice(this.#findNext(waiting), 1);
      if (batch === undefined) return;
      const lease = await this.#leases.take(`${workPrefix(batch)}lease/`);
      if (lease === undefined) continue;
      const ended = this.#run(batch, lease);
      this.#active.set(batch.id, { batch, ended });
    }
  }

  /** The oldest batch of an owner with the fewest that run. */
  #findNext(waiting: readonly OpenBatch[]): number {
    const counts = new Map<string, number>();
    for (const { batch } of this.#active.values())
      counts.set(batch.folder, (counts.get(batch.folder) ?? 0) + 1);
    const countOf = (batch: OpenBatch): number => counts.get(batch.folder) ?? 0;
    const least = Math.min(...waiting.map(countOf));
    return waiting.findIndex((batch) => countOf(batch) === least);
  }

  async #run(batch: OpenBatch, lease: Lease): Promise<void> {
    const { store, files, service, patience } = this.#options;
    const { linesInFlight = 16, lineBytes = 26_214_400, maxLines = 50_000, tick = 1000 } = this.#options;
    const stop = AbortSignal.any([this.#stop.signal, lease.signal]);
    let isOver = false;
    try {
      const settings = { store, files, service, linesInFlight, lineBytes, maxLines, tick, patience };
      isOver = await runBatch(batch, { ...settings, stop });
    } catch (error) {
      if (!stop.aborted) this.#report(error);
    }
    await (isOver ? lease.forget() : lease.release());
    this.#active.delete(batch.id);
    // Otherwise a failure that lasts would be met again and again.
    if (isOver) this.#wake();
  }

  #report(error: unknown): void {
    const { onError = (cause) => warn(`A batch waits: ${errorMessage(cause)}`, "server") } = this.#options;
    onError(error);
  }
}
