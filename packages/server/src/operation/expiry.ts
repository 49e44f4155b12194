import type { ImageStorage } from "../storage/storage.ts";

/** What expires, and after how many seconds. Nobody comes back for an image after an hour; for a result, after a day. */
const lifetimes: readonly (readonly [prefix: string, seconds: number])[] = [
  ["images/", 3600],
  ["inputs/", 3600],
  ["results/", 2 * 86_400],
  ["idempotency/", 86_400],
  ["workers/", 86_400],
];

const interval = 300_000;

/**
 * Deletes what has expired, now and every five minutes.
 *
 * @returns A function that ends this.
 */
export function startExpiry(storage: ImageStorage, onError: (error: unknown) => void): () => void {
  const run = async (): Promise<void> => {
    for (const [prefix, seconds] of lifetimes) await storage.expire(prefix, seconds);
  };
  void run().catch(onError);
  const timer = setInterval(() => void run().catch(onError), interval);
  timer.unref?.();
  return () => clearInterval(timer);
}
