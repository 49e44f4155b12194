import { parseJsonRecord } from "../records.ts";
import type { ImageStorage } from "../storage/storage.ts";

/** Options of {@link LeaseKeeper}. */
export interface LeaseOptions {
  /** How long a lease may go without a sign of life before another takes it, in milliseconds; 12 000 by default. */
  readonly leaseTime?: number | undefined;
  /** Whether nobody else uses the storage, so that a lease that was left behind is taken at once. */
  readonly isAlone?: boolean | undefined;
}

/** A lease that is held: one process does something at a time. */
export interface Lease {
  /** Aborted when the lease is lost, or could not be renewed in time. */
  readonly signal: AbortSignal;
  /** Lets others take it. */
  release(): Promise<void>;
  /** Leaves nothing of it, when nobody will take it again. */
  forget(): Promise<void>;
}

interface LeaseRecord {
  readonly generation: number;
  readonly text: string;
  readonly isReleased: boolean;
}

/**
 * Takes leases in a storage. A lease is an object that its holder rewrites; another takes over when the object has not
 * changed for a while by its own clock, by writing the object of the next generation, which succeeds once. No clocks are
 * compared. What a holder that was suspended does after it lost a lease has to be harmless.
 */
export class LeaseKeeper {
  readonly #storage: ImageStorage;
  readonly #leaseTime: number;
  readonly #isAlone: boolean;
  readonly #seen = new Map<string, { readonly text: string; readonly since: number }>();

  constructor(storage: ImageStorage, { leaseTime = 12_000, isAlone = false }: LeaseOptions = {}) {
    this.#storage = storage;
    this.#leaseTime = leaseTime;
    this.#isAlone = isAlone;
  }

  /**
   * Takes a lease, if it is free or seems to be abandoned. Call it again and again to notice that.
   *
   * @param prefix - Of the lease's objects, with a slash at its end.
   */
  async take(prefix: string): Promise<Lease | undefined> {
    const last = await this.#readLast(prefix);
    if (last !== undefined && !last.isReleased && !this.#isAbandoned(prefix, last)) return undefined;
    this.#seen.delete(prefix);
    const generation = (last?.generation ?? 0) + 1;
    const lease = new HeldLease(this.#storage, prefix, generation, this.#leaseTime);
    return (await lease.begin()) ? lease : undefined;
  }

  #isAbandoned(prefix: string, { text }: LeaseRecord): boolean {
    if (this.#isAlone) return true;
    const seen = this.#seen.get(prefix);
    if (seen?.text === text) return performance.now() - seen.since >= this.#leaseTime;
    this.#seen.set(prefix, { text, since: performance.now() });
    return false;
  }

  async #readLast(prefix: string): Promise<LeaseRecord | undefined> {
    const generation = await readLastGeneration(this.#storage, prefix);
    if (generation === 0) return undefined;
    const bytes = await this.#storage.get(keyOf(prefix, generation));
    const text = bytes === undefined ? "" : new TextDecoder().decode(bytes);
    return {
      generation,
      text: `${generation} ${text}`,
      isReleased: parseJsonRecord(bytes)?.["isReleased"] === true,
    };
  }
}

class HeldLease implements Lease {
  readonly signal: AbortSignal;
  readonly #lost = new AbortController();
  readonly #storage: ImageStorage;
  readonly #prefix: string;
  readonly #generation: number;
  readonly #leaseTime: number;
  readonly #holder = crypto.randomUUID();
  #beat = 0;
  #renewedAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #renewing: Promise<void> = Promise.resolve();

  constructor(storage: ImageStorage, prefix: string, generation: number, leaseTime: number) {
    this.signal = this.#lost.signal;
    this.#storage = storage;
    this.#prefix = prefix;
    this.#generation = generation;
    this.#leaseTime = leaseTime;
  }

  async begin(): Promise<boolean> {
    this.#renewedAt = performance.now();
    if (!(await this.#put(false, false))) return false;
    this.#schedule();
    return true;
  }

  async release(): Promise<void> {
    await this.#end();
    // Without this it is taken as one that was abandoned.
    await this.#put(true, true).catch(() => {});
  }

  async forget(): Promise<void> {
    await this.#end();
    await this.#storage.delete([keyOf(this.#prefix, this.#generation)]).catch(() => {});
  }

  async #end(): Promise<void> {
    this.#lost.abort(new Error("The lease was released."));
    clearTimeout(this.#timer);
    await this.#renewing;
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      this.#renewing = this.#renew().finally(() => {
        if (!this.signal.aborted) this.#schedule();
      });
    }, this.#leaseTime / 4);
  }

  async #renew(): Promise<void> {
    const startedAt = performance.now();
    try {
      const last = await readLastGeneration(this.#storage, this.#prefix);
      if (last === this.#generation) {
        await this.#put(false, true);
        this.#renewedAt = startedAt;
      } else this.#lost.abort(new Error("Another process took the lease."));
    } catch {
      // The storage is away. Others can take the lease when it is back.
    }
    if (performance.now() - this.#renewedAt > this.#leaseTime * 0.75) {
      this.#lost.abort(new Error("The lease could not be renewed."));
    }
  }

  async #put(isReleased: boolean, replace: boolean): Promise<boolean> {
    this.#beat += 1;
    const text = JSON.stringify({ holder: this.#holder, beat: this.#beat, isReleased });
    const key = keyOf(this.#prefix, this.#generation);
    return await this.#storage.put(key, new TextEncoder().encode(text), { replace });
  }
}

function keyOf(prefix: string, generation: number): string {
  return `${prefix}${String(generation).padStart(8, "0")}`;
}

/** 0 without a lease. */
async function readLastGeneration(storage: ImageStorage, prefix: string): Promise<number> {
  let last = 0;
  for await (const { key } of storage.list(prefix))
    last = Math.max(last, Number(key.slice(prefix.length)) || 0);
  return last;
}
