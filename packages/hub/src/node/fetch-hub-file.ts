import { rm } from "node:fs/promises";
import { warn } from "@onestep/core";
import { ConnectionError } from "../errors/connection-error.ts";
import { IntegrityError } from "../errors/integrity-error.ts";
import { ProgressReporter } from "../file/progress-reporter.ts";
import { reportCachedFile } from "../file/report-cached-file.ts";
import type { HubClient } from "../hub-api/hub-client.ts";
import { contentId, type ListedFile } from "../hub-api/listed-file.ts";
import { type FileAnswer, type FileQuestion, requestFile } from "../hub-api/request-file.ts";
import type { DiskFile } from "./disk-file.ts";
import { downloadToFile } from "./download.ts";
import type { HubCache } from "./hub-cache.ts";
import type { SharedWork } from "./shared-tasks.ts";
import { xetChunks } from "./xet-chunks.ts";

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
 * without fetching it again.
 *
 * @returns `undefined` where the commit has no such file.
 */
export async function fetchHubFile(request: HubFileRequest, work: SharedWork): Promise<DiskFile | undefined> {
  const { cache, commit, path, listed } = request;
  const cached =
    (await cache.findFile(commit, path)) ??
    (listed === undefined ? undefined : await linkCached(request, contentId(listed), listed.size));
  if (cached === undefined) return fetchFrom(request, request.xetFromBytes, work);
  reportCachedFile(cached, work);
  return cached;
}

async function fetchFrom(
  request: HubFileRequest,
  xetFromBytes: number,
  work: SharedWork,
): Promise<DiskFile | undefined> {
  const { cache, client, commit, path } = request;
  const { signal } = work;
  signal.throwIfAborted();
  const answer = await requestFile(client, request, { xetFromBytes, signal });
  if (answer === undefined) {
    await cache.markMissing(commit, path);
    return undefined;
  }
  try {
    const known = await linkCached(request, answer.objectId, answer.size);
    if (known !== undefined) {
      reportCachedFile(known, work);
      return known;
    }
    if (answer.xet === undefined) {
      return await store(request, answer, answer.body.chunks(client.downloadPatience), work);
    }
  } finally {
    await answer.body?.discard();
  }
  try {
    return await store(request, answer, xetChunks(client, request, answer.xet, signal), work);
  } catch (error) {
    if (signal.aborted || !isTransferFailure(error)) throw error;
    warn(`${error.message} ${path} is fetched as a whole instead.`);
    return fetchFrom(request, Number.POSITIVE_INFINITY, work);
  }
}

async function store(
  request: HubFileRequest,
  { objectId, size }: FileAnswer,
  chunks: AsyncIterable<Uint8Array>,
  work: SharedWork,
): Promise<DiskFile> {
  const { cache, commit, path } = request;
  const location = cache.blobLocation(objectId);
  const reporter = new ProgressReporter(path, size, work.onProgress);
  reporter.start();
  const onBytes = (loadedBytes: number): void => reporter.progress(loadedBytes);
  await downloadToFile({ path, chunks, location, size, objectId, onBytes });
  try {
    const file = await cache.linkFile(commit, path, objectId, true);
    reporter.end(file.size);
    return file;
  } catch (error) {
    await rm(location, { force: true }).catch(() => {});
    throw error;
  }
}

async function linkCached(
  { cache, commit, path }: HubFileRequest,
  objectId: string,
  size: number | undefined,
): Promise<DiskFile | undefined> {
  if (!(await cache.hasBlob(objectId, size))) return undefined;
  return cache.linkFile(commit, path, objectId, false);
}

function isTransferFailure(error: unknown): error is ConnectionError | IntegrityError {
  return ConnectionError.isInstance(error) || IntegrityError.isInstance(error);
}
