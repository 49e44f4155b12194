import { BatchStore } from "../batches/batch-store.ts";
import { FileStore } from "../files/file-store.ts";
import type { ImageStorage } from "../storage/storage.ts";

/** What expires, and after how many seconds. Nobody comes back for an image after an hour; for a result, after a day. */
const lifetimes: readonly (readonly [prefix: string, seconds: number])[] = [
  ["images/", 3600],
  ["inputs/", 3600],
  ["results/", 2 * 86_400],
  ["idempotency/", 86_400],
  // Live workers write theirs every few seconds, and front ends read all that there are.
  ["workers/", 600],
];

const interval = 300_000;
/** Files say themselves when they expire, so that each has to be read. */
const fileInterval = 3_600_000;

/**
 * Deletes what has expired, now and every five minutes; files and batches every hour.
 *
 * @returns A function that ends this.
 *
 * @example
 * const storage = await openStorage("images");
 * const stop = startExpiry(storage, (error) => console.error(error));
 */
export function startExpiry(storage: ImageStorage, onError: (error: unknown) => void): () => void {
  const run = async (): Promise<void> => {
    for (const [prefix, seconds] of lifetimes) await storage.expire(prefix, seconds);
  };
  const sweep = async (): Promise<void> => {
    await new FileStore(storage).sweep();
    await new BatchStore(storage).sweep();
  };
  const timers = [
    setInterval(() => void run().catch(onError), interval),
    setInterval(() => void sweep().catch(onError), fileInterval),
  ];
  void run().then(sweep).catch(onError);
  for (const timer of timers) timer.unref?.();
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}
