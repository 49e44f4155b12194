import { ProgressReporter } from "../file/progress-reporter.ts";
import { reportCachedFile } from "../file/report-cached-file.ts";
import type { HttpAnswer } from "../http/http-answer.ts";
import { readSize } from "../http/read-size.ts";
import type { Patience } from "../http/request-watch.ts";
import type { WebFolder } from "../web/web-folder.ts";
import type { DiskFile } from "./disk-file.ts";
import { downloadToFile } from "./download.ts";
import type { SharedWork } from "./shared-tasks.ts";
import type { UrlCache, UrlNote } from "./url-cache.ts";

/** A file of a web server that is to be put into the cache. */
export interface WebFileRequest {
  readonly folder: WebFolder;
  readonly cache: UrlCache;
  readonly path: string;
  readonly downloadPatience: Patience;
}

/**
 * Makes a file of a web server available in the cache, fetching it only where the server has another than the copy.
 *
 * @returns `undefined` where the server has no such file.
 */
export async function fetchWebFile(
  request: WebFileRequest,
  { signal, onProgress }: SharedWork,
): Promise<DiskFile | undefined> {
  const { cache, folder, path } = request;
  const copy = await cache.findFile(path);
  const note = await cache.readNote(path);
  const isWhole = copy !== undefined && note?.size === copy.size;
  const headers = { "Accept-Encoding": "identity", ...(isWhole ? conditions(note) : {}) };
  const answer = await folder.request(path, { headers, signal });
  if (answer === undefined) {
    await cache.markMissing(path);
    return undefined;
  }
  try {
    if (answer.status === 304 && isWhole) {
      reportCachedFile(copy, { onProgress });
      return copy;
    }
    if (answer.status !== 200) {
      throw folder.badAnswer(path, answer, `HTTP ${answer.status}`, "the file (HTTP 200)");
    }
    return await store(request, answer, onProgress);
  } finally {
    await answer.discard();
  }
}

async function store(
  { cache, downloadPatience, path }: WebFileRequest,
  answer: HttpAnswer,
  onProgress: SharedWork["onProgress"],
): Promise<DiskFile | undefined> {
  const encoding = answer.headers.get("Content-Encoding") ?? "identity";
  const size = encoding === "identity" ? readSize(answer.headers.get("Content-Length")) : undefined;
  const reporter = new ProgressReporter(path, size, onProgress);
  reporter.start();
  const stored = await downloadToFile({
    path,
    chunks: answer.chunks(downloadPatience),
    location: cache.fileLocation(path),
    size,
    objectId: undefined,
    onBytes: (loaded) => reporter.progress(loaded),
  });
  await cache.writeNote(path, readNote(answer.headers, stored));
  reporter.end(stored);
  return cache.findFile(path);
}

function conditions({ etag, lastModified }: UrlNote): Readonly<Record<string, string>> {
  if (typeof etag === "string") return { "If-None-Match": etag };
  return typeof lastModified === "string" ? { "If-Modified-Since": lastModified } : {};
}

function readNote(headers: Headers, size: number): UrlNote {
  const etag = headers.get("ETag");
  const lastModified = headers.get("Last-Modified");
  return { size, ...(etag === null ? {} : { etag }), ...(lastModified === null ? {} : { lastModified }) };
}
