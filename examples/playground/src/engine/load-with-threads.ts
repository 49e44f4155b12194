import type { ProgressEvent } from "onestep";

/** How long a model may take to be ready once its files are there, in milliseconds, and for each byte of them. */
const patience = { once: 10_000, perByte: 1 / 20_000 };

/** What {@link loadWithThreads} calls to load, once or twice. */
export type Load<Loaded> = (options: {
  readonly threads: number;
  readonly signal: AbortSignal;
  readonly onProgress: (event: ProgressEvent) => void;
}) => Promise<Loaded>;

/** How a load is watched and stopped. */
export interface LoadWithThreadsOptions {
  readonly threads: number;
  readonly signal: AbortSignal;
  readonly onProgress: (event: ProgressEvent) => void;
}

/**
 * Loads with several threads; where those do not come up, which happens to browsers on a busy machine, once more with one.
 *
 * @returns What was loaded, and how many threads it has.
 */
export async function loadWithThreads<Loaded>(
  load: Load<Loaded>,
  { threads, signal, onProgress }: LoadWithThreadsOptions,
): Promise<{ readonly loaded: Loaded; readonly threads: number }> {
  if (threads > 1) {
    const stuck = new AbortController();
    const sizes = new Map<string, number>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const watch = (event: ProgressEvent): void => {
      if (event.type === "file-end") sizes.set(event.file, event.totalBytes);
      const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
      clearTimeout(timer);
      timer = setTimeout(() => stuck.abort(), patience.once + bytes * patience.perByte);
      onProgress(event);
    };
    try {
      const attempt = { threads, signal: AbortSignal.any([signal, stuck.signal]), onProgress: watch };
      return { loaded: await load(attempt), threads };
    } catch (error) {
      if (!stuck.signal.aborted) throw error;
    } finally {
      clearTimeout(timer);
    }
  }
  return { loaded: await load({ threads: 1, signal, onProgress }), threads: 1 };
}
