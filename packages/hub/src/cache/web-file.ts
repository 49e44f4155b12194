import { IntegrityError } from "../errors.ts";
import { type HttpResponse, readRangeStart, readSize, readTotalSize } from "../http/response.ts";
import { type RetryPolicy, retryWhenCut, withRetries } from "../http/retry.ts";
import type { Timeout } from "../http/timeout.ts";
import type { WebFolder } from "../http/web-server.ts";
import type { RepositoryFile } from "../repository.ts";
import { ProgressReporter, reportCachedFile } from "../repository-file.ts";
import type { Downloaded } from "./cached-repository.ts";
import { type Incoming, receiveFile } from "./download.ts";
import type { SharedWork } from "./shared-tasks.ts";
import type { LeftParts, UrlNote } from "./store.ts";
import type { WebCache } from "./web-cache.ts";

/** A web server file to put into the cache. */
interface WebFileRequest extends WebDownloadRequest {
  readonly cache: WebCache;
  readonly retry: RetryPolicy;
}

/**
 * Makes a web server file available in the cache, and downloads it only if it differs from the copy. A file that
 * changes during the download is downloaded once more. The copy is kept if the server no longer has the file, or
 * responds with an HTML page: a server that has moved looks the same, as does a network that requires a login.
 */
export async function fetchWebFile(request: WebFileRequest, work: SharedWork): Promise<Downloaded> {
  const { cache, path } = request;
  const lock = await cache.store.lock({ path }, { signal: work.signal });
  const isAlone = lock !== undefined && !lock.isContested;
  try {
    return await fetchOnce(request, work, isAlone ? "adopt" : "leave");
  } catch (error) {
    if (!IntegrityError.isInstance(error) || work.signal.aborted) throw error;
    return await fetchOnce(request, work, isAlone ? "remove" : "leave");
  } finally {
    await lock?.release();
  }
}

async function fetchOnce(
  request: WebFileRequest,
  work: SharedWork,
  leftParts: LeftParts,
): Promise<Downloaded> {
  const { cache, folder, path, retry } = request;
  const { signal } = work;
  const copy = await cache.findFile(path);
  const note = await cache.readNote(path);
  const isWhole = copy !== undefined && note?.size === copy.size;
  const headers = { "Accept-Encoding": "identity", ...(isWhole ? conditions(note) : {}) };
  const ask = () => folder.request(path, { headers, signal });
  // If there is a copy to fall back on, one try is enough.
  const isKnown = isWhole || note?.missing === true;
  const response = await (isKnown ? retryWhenCut(ask) : withRetries(ask, retry, signal));
  if ("missing" in response) {
    if (copy !== undefined) return { ...reportCached(copy, work), withdrawn: response.missing };
    await cache.markMissing(path);
    return { file: undefined };
  }
  try {
    if (isWhole && isUnchanged(note, response)) return reportCached(copy, work);
    if (response.status !== 200) {
      throw folder.badAnswer(path, response, `HTTP ${response.status}`, "the file (HTTP 200)");
    }
    return { file: await receive(request, response, work, leftParts) };
  } finally {
    await response.discard();
  }
}

function reportCached(file: RepositoryFile, work: SharedWork): Downloaded {
  reportCachedFile(file, work);
  return { file };
}

async function receive(
  request: WebFileRequest,
  response: HttpResponse,
  { onProgress, signal }: SharedWork,
  leftParts: LeftParts,
): Promise<RepositoryFile | undefined> {
  const { cache, path, retry } = request;
  const transfer = new WebDownload(request, response, signal);
  const { announcedSize, size, version } = transfer;
  const isNamed = version !== undefined && announcedSize !== undefined;
  const usable = leftParts === "adopt" && !isNamed ? "remove" : leftParts;
  const part = await cache.openPart(path, { version, size: announcedSize, leftParts: usable, signal });
  const shownSize = size ?? (isOftenCompressed(response, path) ? undefined : announcedSize);
  const reporter = new ProgressReporter(path, shownSize, onProgress);
  reporter.start();
  const reception = {
    path,
    size,
    announcedSize,
    objectId: undefined,
    request: (offset: number) => transfer.request(offset),
    onBytes: (loadedBytes: number) => reporter.progress(loadedBytes),
    retry,
    signal,
  };
  const stored = await receiveFile(part, reception, part.size === 0 ? transfer.take(response, 0) : undefined);
  await cache.writeNote(path, readNote(response.headers, stored), part);
  reporter.end(stored);
  return cache.findFile(path);
}

/**
 * Some servers ignore conditional requests, and browsers cannot send them: then the headers of the file are compared
 * instead.
 */
function isUnchanged(
  { contentLength, etag, lastModified, size }: UrlNote,
  { headers, status }: HttpResponse,
): boolean {
  if (status !== 200) return status === 304;
  if (typeof etag === "string") return headers.get("ETag") === etag;
  const isOfSameTime = typeof lastModified === "string" && headers.get("Last-Modified") === lastModified;
  return isOfSameTime && readSize(headers.get("Content-Length")) === (contentLength ?? size);
}

/** Whether servers compress responses of this kind, so that `Content-Length` is not their actual length. */
function isOftenCompressed({ headers }: HttpResponse, path: string): boolean {
  const type = headers.get("Content-Type") ?? "";
  return /\.(?:json|txt|md)$/i.test(path) || /^text\/|[/+](?:json|xml|javascript)\b/i.test(type);
}

function conditions({ etag, lastModified }: UrlNote): Readonly<Record<string, string>> {
  if (typeof etag === "string") return { "If-None-Match": etag };
  return typeof lastModified === "string" ? { "If-Modified-Since": lastModified } : {};
}

function readNote(headers: Headers, size: number): UrlNote {
  const etag = headers.get("ETag");
  const lastModified = headers.get("Last-Modified");
  const contentLength = readSize(headers.get("Content-Length")) ?? size;
  return {
    size,
    ...(contentLength === size ? {} : { contentLength }),
    ...(etag === null ? {} : { etag }),
    ...(lastModified === null ? {} : { lastModified }),
  };
}

/** What a transfer needs to request more bytes. */
interface WebDownloadRequest {
  readonly folder: WebFolder;
  readonly path: string;
  readonly downloadTimeout: Timeout;
}

/** Downloads one version of a web server file from any offset. */
class WebDownload {
  /** Length in bytes, if the server reports it. */
  readonly size: number | undefined;
  /** The length announced by the server, correct or not: see `HttpResponse.bodySize`. */
  readonly announcedSize: number | undefined;
  /** Identifies the version; `undefined` if nothing does, in which case a transfer always begins at the start. */
  readonly version: string | undefined;
  readonly #request: WebDownloadRequest;
  readonly #signal: AbortSignal;

  constructor(request: WebDownloadRequest, first: HttpResponse, signal: AbortSignal) {
    this.#request = request;
    this.#signal = signal;
    this.size = first.bodySize;
    this.announcedSize = readSize(first.headers.get("Content-Length"));
    this.version = readVersion(first.headers);
  }

  /** The bytes of a response, which begin at an offset of the file. */
  take(response: HttpResponse, offset: number): Incoming {
    const chunks = response.passingChunks(this.#request.downloadTimeout);
    const size = offset === 0 ? undefined : readTotalSize(response.headers);
    return { offset, size, chunks, discard: () => response.discard() };
  }

  /** Requests the bytes from an offset. @throws IntegrityError if the server has another version now. */
  async request(offset: number): Promise<Incoming> {
    const { folder, path } = this.#request;
    const range =
      offset === 0 || this.version === undefined
        ? {}
        : { Range: `bytes=${offset}-`, "If-Range": this.version };
    const headers = { "Accept-Encoding": "identity", ...range };
    const response = await folder.request(path, { headers, signal: this.#signal });
    if ("missing" in response) throw this.#changed(response.missing);
    const isPart = response.status === 206 && readRangeStart(response.headers) === offset && offset > 0;
    const isSame = readVersion(response.headers) === this.version;
    const isWhole =
      response.status === 200 && readSize(response.headers.get("Content-Length")) === this.announcedSize;
    if (isSame && (isPart || isWhole)) {
      return this.take(response, isPart ? offset : 0);
    }
    await response.discard();
    throw this.#changed(isSame ? `HTTP ${response.status}` : "another version of it");
  }

  #changed(found: string): IntegrityError {
    return new IntegrityError({
      subject: this.#request.folder.fileUrl(this.#request.path).pathname,
      found,
      expected: "the same file as before",
      remedy: "It has changed on the server. Try again.",
    });
  }
}

/**
 * The minimum time between the last change and the response, so that a second change within the same timestamp cannot
 * go unnoticed.
 */
const settledMilliseconds = 60_000;

/**
 * Identifies this exact version of a web server file, byte for byte, so that its download can be resumed (RFC 9110,
 * section 8.8): a strong `ETag`, or a `Last-Modified` that is old enough. `undefined` if the server gives neither.
 */
export function readVersion(headers: Headers): string | undefined {
  const etag = headers.get("ETag");
  if (etag?.startsWith('"')) return etag;
  const lastModified = headers.get("Last-Modified") ?? "";
  const age = Date.parse(headers.get("Date") ?? "") - Date.parse(lastModified);
  return age >= settledMilliseconds ? lastModified : undefined;
}
