import { warn } from "@onestep/core/internal";
import { isOutage } from "../errors.ts";
import type { RetryPolicy } from "../http/retry.ts";
import type { FileRequest, NoFile } from "../hub-api/file.ts";
import { contentId, type ListedFile } from "../hub-api/listing.ts";
import type { RepositoryFile } from "../repository.ts";
import { ProgressReporter, reportCachedFile } from "../repository-file.ts";
import { type Incoming, receiveFile } from "./download.ts";
import type { HubCache } from "./hub-cache.ts";
import type { SharedWork } from "./shared-tasks.ts";

/** A Hub file to put into the cache. */
interface HubFileRequest extends FileRequest {
  readonly cache: HubCache;
  readonly startDownload: StartHubDownload;
  readonly retry: RetryPolicy;
  /** The listing's entry for the file, if there is a listing. */
  readonly listed: ListedFile | undefined;
  readonly askListing: AskListing;
}

/**
 * Makes a file of a commit available in the cache: downloads it, verifies it, stores it under the name of its content
 * and links it into the commit's snapshot. A content already cached, from another commit or under another path, is
 * linked without downloading it again; if it is being downloaded elsewhere, this waits.
 *
 * @returns `undefined` if the commit has no such file.
 */
export async function fetchHubFile(
  request: HubFileRequest,
  work: SharedWork,
): Promise<RepositoryFile | undefined> {
  const { cache, commit, path, listed } = request;
  const cached = await findCached(
    request,
    listed === undefined ? undefined : contentId(listed),
    listed?.size,
  );
  if (cached !== undefined) return reportCached(cached, work);
  const { signal } = work;
  signal.throwIfAborted();
  const download = await request.startDownload(request, listed, signal, request.askListing);
  if ("isCertain" in download) {
    if (download.isCertain) await cache.markMissing(commit, path);
    return undefined;
  }
  try {
    return await receive(request, download, work);
  } finally {
    await download.discard();
  }
}

/** Downloads a content while holding its lock, so that it is downloaded only once. */
async function receive(
  request: HubFileRequest,
  download: HubDownload,
  work: SharedWork,
): Promise<RepositoryFile> {
  const { cache, path } = request;
  const { objectId, size } = download;
  const { signal } = work;
  let hasWaited = false;
  const lock = await cache.store.lock(
    { objectId },
    {
      signal,
      onWait: async (owner) => {
        hasWaited = true;
        await download.discard();
        if (owner !== undefined) warn(`Waiting for another ${owner} to finish downloading ${path}.`, "hub");
      },
    },
  );
  try {
    const cached = await findCached(request, objectId, size);
    if (cached !== undefined) {
      // Another caller, with other access rights, has just downloaded it.
      if (hasWaited) await download.confirm().catch(throwUnlessOutage);
      return reportCached(cached, work);
    }
    await cache.checkPlace(request.commit, path);
    const isAlone = lock !== undefined && !lock.isContested;
    const leftParts = isAlone ? (size === undefined ? "remove" : "adopt") : "leave";
    const part = await cache.store.openPart({ content: { objectId }, size, leftParts, signal });
    const reporter = new ProgressReporter(path, size, work.onProgress);
    reporter.start();
    const reception = {
      path,
      size,
      objectId,
      request: (offset: number) => download.request(offset),
      onBytes: (loadedBytes: number) => reporter.progress(loadedBytes),
      retry: request.retry,
      signal,
    };
    await receiveFile(part, reception, part.size === 0 ? download.takeFirst() : undefined);
    // If this fails, the content is kept, so that it is not downloaded again.
    const file = await cache.linkFile(request.commit, path, objectId, true);
    reporter.end(file.size);
    return file;
  } finally {
    await lock?.release();
  }
}

/** The file from the cache. It is added to the snapshot if its content is cached. */
async function findCached(
  { cache, commit, path }: HubFileRequest,
  objectId: string | undefined,
  size: number | undefined,
): Promise<RepositoryFile | undefined> {
  const cached = await cache.findFile(commit, path);
  if (cached !== undefined && (await cache.findDamage(commit, cached, size)) === undefined) return cached;
  if (objectId === undefined || !(await cache.store.hasBlob(objectId, size))) return undefined;
  return cache.linkFile(commit, path, objectId, false);
}

function throwUnlessOutage(error: unknown): void {
  if (!isOutage(error)) throw error;
}

function reportCached(file: RepositoryFile, work: SharedWork): RepositoryFile {
  reportCachedFile(file, work);
  return file;
}

/** A Hub content to download: its id, and how to get its bytes. */
export interface HubDownload {
  /** Its SHA-256 or git object id. */
  readonly objectId: string;
  /** Its length in bytes, if the Hub says so. */
  readonly size: number | undefined;
  /**
   * Checks that the Hub gives this caller the file, if no request by this caller has confirmed it yet.
   *
   * @throws The error of the Hub for a caller who may not read the file.
   */
  confirm(): Promise<void>;
  /** Its bytes from the start, if a response already has them; only once. */
  takeFirst(): Incoming | undefined;
  /** Requests the bytes from an offset. @throws IntegrityError if the Hub has another content now. */
  request(offset: number): Promise<Incoming>;
  /** Discards a pending response. Never fails. */
  discard(): Promise<void>;
}

/** Requests a file's entry in the listing of the commit. */
export type AskListing = () => Promise<ListedFile | undefined>;

/**
 * Finds out what a file is and how to download it, or that it does not exist.
 *
 * @param listed - Its entry in the listing, if there is a listing.
 * @param askListing - Requests its entry in the listing; `undefined` if the listing is not available.
 */
export type StartHubDownload = (
  file: FileRequest,
  listed: ListedFile | undefined,
  signal: AbortSignal,
  askListing: AskListing,
) => Promise<HubDownload | NoFile>;
