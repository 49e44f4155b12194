import { rm } from "node:fs/promises";
import { warn } from "@onestep/core";
import { ProgressReporter } from "../file/progress-reporter.ts";
import { reportCachedFile } from "../file/report-cached-file.ts";
import { withRetries } from "../http/retry.ts";
import type { HubClient } from "../hub-api/hub-client.ts";
import { contentId, type ListedFile } from "../hub-api/listed-file.ts";
import { type FileAnswer, type FileQuestion, type NoFile, requestFile } from "../hub-api/request-file.ts";
import type { DiskFile } from "./disk-file.ts";
import type { HubCache } from "./hub-cache.ts";
import { HubTransfer } from "./hub-transfer.ts";
import { FileLock } from "./lock/file-lock.ts";
import type { SharedWork } from "./shared-tasks.ts";
import { PartFile } from "./transfer/part-file.ts";
import { receiveFile } from "./transfer/receive-file.ts";

/** A file of the Hub that is to be put into the cache. */
export interface HubFileRequest extends FileQuestion {
  readonly client: HubClient;
  readonly cache: HubCache;
  /** What the listing says of the file, where there is one. */
  readonly listed: ListedFile | undefined;
  /** From which length on a file comes in chunks out of Xet storage, where it lies there. */
  readonly xetFromBytes: number;
}

/**
 * Makes a file of a commit available in the cache: fetched, checked, stored under the name of its content and linked
 * from the commit's snapshot. A content that is there already, from another commit or under another path, is linked
 * without fetching it again; one that another process is fetching is waited for.
 *
 * @returns `undefined` where the commit has no such file.
 */
export async function fetchHubFile(request: HubFileRequest, work: SharedWork): Promise<DiskFile | undefined> {
  const { cache, client, commit, path, listed, xetFromBytes } = request;
  const cached = await findCached(
    request,
    listed === undefined ? undefined : contentId(listed),
    listed?.size,
  );
  if (cached !== undefined) return reportCached(cached, work);
  const { signal } = work;
  signal.throwIfAborted();
  const ask = (): Promise<FileAnswer | NoFile> => requestFile(client, request, { xetFromBytes, signal });
  const answer = await withRetries(ask, client.retry, signal);
  if (answer.objectId === undefined) {
    if (answer.isCertain) await cache.markMissing(commit, path);
    return undefined;
  }
  try {
    return await receive(request, answer, work);
  } finally {
    await answer.body?.discard();
  }
}

/** Fetches a content under its lock, so that no other process does so at the same time. */
async function receive(request: HubFileRequest, answer: FileAnswer, work: SharedWork): Promise<DiskFile> {
  const { cache, path } = request;
  const { objectId, size } = answer;
  const { signal } = work;
  let first: FileAnswer | undefined = answer;
  const lock = await FileLock.acquire(cache.lockLocation(objectId), {
    signal,
    onWait: async (owner) => {
      first = undefined;
      await answer.body?.discard();
      if (owner?.pid !== process.pid) warn(`Another process is fetching ${path}. It is waited for.`);
    },
  });
  try {
    const cached = await findCached(request, objectId, size);
    if (cached !== undefined) return reportCached(cached, work);
    const location = cache.blobLocation(objectId);
    const adopt = lock !== undefined && !lock.isContested && size !== undefined;
    const part = await PartFile.open({ location, objectId, version: "", adopt, signal });
    const transfer = new HubTransfer(request, answer, signal);
    const reporter = new ProgressReporter(path, size, work.onProgress);
    reporter.start();
    const reception = {
      path,
      location,
      size,
      objectId,
      request: (offset: number) => transfer.request(offset),
      onBytes: (loadedBytes: number) => reporter.progress(loadedBytes),
      retry: request.client.retry,
      signal,
    };
    const isUsable = first !== undefined && part.size === 0;
    await receiveFile(part, reception, isUsable ? transfer.take(answer, 0) : undefined);
    const file = await link(request, objectId);
    reporter.end(file.size);
    return file;
  } finally {
    await lock?.release();
  }
}

async function link({ cache, commit, path }: HubFileRequest, objectId: string): Promise<DiskFile> {
  try {
    return await cache.linkFile(commit, path, objectId, true);
  } catch (error) {
    await rm(cache.blobLocation(objectId), { force: true }).catch(() => {});
    throw error;
  }
}

/** The file out of the cache: in its place, or put there where its content is at hand. */
async function findCached(
  { cache, commit, path }: HubFileRequest,
  objectId: string | undefined,
  size: number | undefined,
): Promise<DiskFile | undefined> {
  const cached = await cache.findFile(commit, path);
  if (cached !== undefined && (await cache.findDamage(commit, cached, size)) === undefined) return cached;
  if (objectId === undefined || !(await cache.hasBlob(objectId, size))) return undefined;
  return cache.linkFile(commit, path, objectId, false);
}

function reportCached(file: DiskFile, work: SharedWork): DiskFile {
  reportCachedFile(file, work);
  return file;
}
