import type { RasterImage } from "@onestep/core";
import {
  DisposedError,
  ImageError,
  InvalidArgumentError,
  OnestepError,
  UnsupportedError,
} from "@onestep/core";
import { errorMessage } from "@onestep/core/internal";
import { QueueUnavailableError, StorageError } from "../errors.ts";
import type { ImageJob, JobFailure, StoredImage } from "../job.ts";
import type { Claim, JobQueue } from "../queue/queue.ts";
import { sleep } from "../queue/waiting.ts";
import type { ImageStorage } from "../storage/storage.ts";
import { encodeImage } from "./encode-image.ts";
import { Lanes } from "./lanes.ts";
import type { ModelHost } from "./model-host.ts";
import { runJobs } from "./run-jobs.ts";

/** What a worker did, for logs and metrics. */
export interface RunReport {
  readonly model: string;
  readonly jobs: readonly ImageJob[];
  /** Seconds of the run. */
  readonly seconds: number;
  readonly outcome: "completed" | "failed" | "cancelled" | "released";
  /** How many of the jobs could not be settled because their leases were lost. */
  readonly lost: number;
  readonly error?: unknown;
}

/** Options of {@link runWorker}. */
export interface WorkerOptions {
  readonly queue: JobQueue;
  readonly storage: ImageStorage;
  readonly host: ModelHost;
  /** Aborting ends the worker once the current run is done. */
  readonly drain: AbortSignal;
  /** Aborting stops the current run before its next step, and gives its jobs back. */
  readonly stop: AbortSignal;
  /** How often leases are renewed, in milliseconds; 2000 by default. */
  readonly renewEvery?: number | undefined;
  /** Called with the number of jobs that were taken, and with 0 when they are done. */
  readonly onClaim?: ((count: number) => void) | undefined;
  /** Called before a run: what a worker that dies was at. */
  readonly onStart?: ((jobs: readonly ImageJob[]) => void) | undefined;
  readonly onRun?: ((report: RunReport) => void) | undefined;
}

/**
 * Takes jobs from a queue and makes their images, until it is drained. While the images of a run are written and settled,
 * the next run computes.
 */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const { queue, host, drain, stop } = options;
  const end = AbortSignal.any([drain, stop]);
  const held = new Set<Claim>();
  const lanes = new Lanes(host.lanes);
  const renewal = setInterval(
    () => void queue.renew([...held]).catch(() => undefined),
    options.renewEvery ?? 2000,
  );
  try {
    while (!end.aborted) {
      const free = await lanes.free();
      const count = free * Math.max(1, ...host.cards.map(({ bestBatch }) => bestBatch));
      const claims = await queue.claim({ models: host.names, count, signal: end });
      for (const claim of claims) held.add(claim);
      options.onClaim?.(held.size);
      for (const group of inGroups(claims, host, free)) {
        await lanes.free();
        lanes.start(async () => {
          const settle = await runGroup(group, options);
          return async () => {
            await settle();
            for (const claim of group) held.delete(claim);
            options.onClaim?.(held.size);
          };
        });
      }
    }
  } finally {
    await lanes.idle().finally(() => clearInterval(renewal));
  }
}

/**
 * A queue server hands out jobs in their order; those that share a run are put together here, and divided where more runs
 * than one can go on.
 */
function inGroups(claims: readonly Claim[], host: ModelHost, lanes: number): readonly (readonly Claim[])[] {
  const byGroup = new Map<string, Claim[]>();
  for (const claim of claims) {
    const group = byGroup.get(claim.job.group) ?? [];
    byGroup.set(claim.job.group, [...group, claim]);
  }
  return [...byGroup.values()].flatMap((group) => {
    const card = host.cards.find(({ name }) => name === group[0]?.job.model);
    const size = Math.max(1, Math.min(card?.bestBatch ?? 1, Math.ceil(claims.length / lanes)));
    return Array.from({ length: Math.ceil(group.length / size) }, (_, index) =>
      group.slice(index * size, (index + 1) * size),
    );
  });
}

const nothingToSettle = async (): Promise<void> => undefined;

/** Makes the images of a group. @returns What writes and settles them. */
async function runGroup(all: readonly Claim[], options: WorkerOptions): Promise<() => Promise<void>> {
  const { queue, stop } = options;
  const claims = all.filter(({ signal }) => !signal.aborted);
  const [first] = claims;
  if (first === undefined) return nothingToSettle;
  if (stop.aborted) return () => queue.release(claims).catch(() => undefined);
  options.onStart?.(claims.map(({ job }) => job));
  const startedAt = performance.now();
  const report = (outcome: RunReport["outcome"], seconds: number, lost = 0, error?: unknown): void =>
    options.onRun?.({
      model: first.job.model,
      jobs: claims.map(({ job }) => job),
      seconds,
      outcome,
      lost,
      error,
    });
  const elapsed = (): number => (performance.now() - startedAt) / 1000;
  const abandoned = new AbortController();
  const watch = watchCancellations(claims, abandoned);
  const signal = AbortSignal.any([stop, abandoned.signal]);
  try {
    const images = await options.host.use(
      first.job.model,
      async (model) =>
        await runJobs(
          model,
          claims.map(({ job }) => job),
          { storage: options.storage, signal, onPreview: previewing(claims, options) },
        ),
      stop,
    );
    const run = { seconds: elapsed(), batchSize: claims.length };
    return async () => {
      const settled = await Promise.all(
        claims.map((claim, index) => settle(claim, images[index], run, options)),
      );
      report("completed", run.seconds, settled.filter((isSettled) => !isSettled).length);
    };
  } catch (error) {
    if (stop.aborted) {
      report("released", elapsed());
      return () => queue.release(claims).catch(() => undefined);
    }
    if (abandoned.signal.aborted) {
      report("cancelled", elapsed());
      return nothingToSettle;
    }
    if (claims.length > 1) {
      // One of them may be at fault. Alone, the others succeed.
      for (const claim of claims) await (await runGroup([claim], options))();
      return nothingToSettle;
    }
    const { failure, again } = toFailure(error);
    report("failed", elapsed(), 0, error);
    return async () => {
      await queue.fail(first, failure, again).catch(() => false);
    };
  } finally {
    watch.stop();
  }
}

/** A run ends when the last of its jobs is cancelled. */
function watchCancellations(claims: readonly Claim[], abandoned: AbortController): { stop(): void } {
  const check = (): void => {
    if (claims.every(({ signal }) => signal.aborted)) abandoned.abort(claims[0]?.signal.reason);
  };
  for (const { signal } of claims) signal.addEventListener("abort", check);
  return {
    stop() {
      for (const { signal } of claims) signal.removeEventListener("abort", check);
    },
  };
}

/** Never rejects: a job that cannot be settled is tried again, here or, when its lease has ended, elsewhere. */
async function settle(
  claim: Claim,
  image: RasterImage | undefined,
  run: { readonly seconds: number; readonly batchSize: number },
  { queue, storage, stop }: WorkerOptions,
): Promise<boolean> {
  if (claim.signal.aborted || image === undefined) return false;
  const { job, token } = claim;
  try {
    const stored = await store(image, `${job.output.key}-${safeToken(token)}`, job, storage);
    const outcome = { status: "completed", image: stored, ...run, storage: storage.id } as const;
    const isSettled = await untilAvailable(() => queue.complete(claim, outcome), stop);
    if (!isSettled) await storage.delete([stored.key]);
    return isSettled;
  } catch (error) {
    const { failure, again } = toFailure(error);
    if (!QueueUnavailableError.isInstance(error)) await queue.fail(claim, failure, again).catch(() => false);
    return false;
  }
}

/**
 * Calls a queue again while it is away: an image that is made need not be made again by whoever takes the job after the lease
 * has ended. Leases are renewed meanwhile; a claim that is lost is refused when the queue is back.
 */
async function untilAvailable<Result>(call: () => Promise<Result>, stop: AbortSignal): Promise<Result> {
  for (let delay = 250; ; delay = Math.min(2 * delay, 2000)) {
    try {
      return await call();
    } catch (error) {
      if (!QueueUnavailableError.isInstance(error) || stop.aborted) throw error;
      await sleep(delay * (0.5 + 0.5 * Math.random()), stop);
    }
  }
}

/** Each try writes under a name of its own, so that a worker that lost its lease overwrites nothing. */
async function store(
  image: RasterImage,
  key: string,
  { output }: ImageJob,
  storage: ImageStorage,
): Promise<StoredImage> {
  const { bytes, ending, mediaType } = await encodeImage(image, output);
  const name = `${key}.${ending}`;
  await storage.put(name, bytes, { mediaType, replace: true });
  return { key: name, mediaType, width: image.width, height: image.height, bytes: bytes.length };
}

function safeToken(token: string): string {
  return token.replaceAll(/[^A-Za-z0-9_-]/g, "_");
}

/** Stores and announces previews, evenly over the steps; undefined if no job asks for any. */
function previewing(
  claims: readonly Claim[],
  { queue, storage }: WorkerOptions,
): ((images: readonly RasterImage[], step: number, totalSteps: number) => Promise<void>) | undefined {
  if (claims.every(({ job }) => job.output.previews === 0)) return undefined;
  const counts = new Map<string, number>();
  return async (images, step, totalSteps) => {
    for (const [index, claim] of claims.entries()) {
      const { job, token, signal } = claim;
      const image = images[index];
      const wanted = Math.min(job.output.previews, totalSteps - 1);
      const made = counts.get(job.id) ?? 0;
      const isDue = (step + 1) * (wanted + 1) >= (made + 1) * totalSteps;
      if (image === undefined || signal.aborted || made >= wanted || !isDue) continue;
      counts.set(job.id, made + 1);
      const key = `${job.output.key}-${safeToken(token)}-preview-${made}`;
      const stored = await store(image, key, { ...job, output: { ...job.output, format: "png" } }, storage);
      await queue.announce(claim, { index: made, image: stored });
    }
  };
}

/** What a client hears of a failed run, and whether another try may help. */
function toFailure(error: unknown): { readonly failure: JobFailure; readonly again: boolean } {
  const isInput =
    InvalidArgumentError.isInstance(error) ||
    ImageError.isInstance(error) ||
    UnsupportedError.isInstance(error);
  if (isInput) {
    return { failure: { status: 400, code: "invalid_value", message: errorMessage(error) }, again: false };
  }
  if (OnestepError.isInstance(error) && error.code === "out-of-memory") {
    const message = "The server has not enough memory for an image of this size.";
    return { failure: { status: 500, code: "out_of_memory", message }, again: false };
  }
  if (StorageError.isInstance(error)) {
    const message = "The server cannot keep the image: its storage is full, or away.";
    return { failure: { status: 507, code: "storage_failed", message }, again: true };
  }
  const again = !DisposedError.isInstance(error);
  return { failure: { status: 500, code: "server_error", message: "The image could not be made." }, again };
}
