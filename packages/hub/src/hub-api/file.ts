import { EntryNotFoundError, ServerError } from "../errors.ts";
import { describeUrl } from "../http/connection-failure.ts";
import { type HttpResponse, readLink, readRangeStart, readSize } from "../http/response.ts";
import { joinEndpoint } from "../settings.ts";
import type { HubClient } from "./client.ts";
import { toHubFailure, toServerFailure } from "./failure.ts";
import { isSha256, parseObjectId } from "./listing.ts";

/** A file of a commit. */
export interface FileRequest {
  readonly id: string;
  readonly commit: string;
  readonly path: string;
}

/** The Hub's metadata of a file, and how to get its bytes. */
export type FileResponse = FileHead & (WholeFile | ChunkedFile);

/** The result for a file that does not exist in the commit. */
export interface NoFile {
  readonly objectId?: undefined;
  readonly size?: undefined;
  readonly body?: undefined;
  readonly xet?: undefined;
  /** Whether the Hub itself says so (`X-Error-Code`). Any proxy may respond with a bare 404. */
  readonly isCertain: boolean;
}

interface FileHead {
  /** The name of its content: see `parseObjectId`; `undefined` if a mirror uses other names. */
  readonly objectId: string | undefined;
  /** Whether it is certainly the Hub's id. The `ETag` of a mirror may be another checksum of the same length. */
  readonly isHubName: boolean;
  /** The raw name from the response, which is stable as long as the content does not change. */
  readonly etag: string | undefined;
  /** Length in bytes, if the Hub says so. */
  readonly size: number | undefined;
}

interface WholeFile {
  /** The bytes from `offset` on. */
  readonly body: HttpResponse;
  readonly offset: number;
  readonly xet?: undefined;
}

/** A file that the Hub stores in chunks, for callers who request chunks. */
interface ChunkedFile {
  readonly body?: undefined;
  readonly xet: XetReference;
}

/** How to request a file. */
interface FileRequestOptions {
  /** The length from which the caller prefers chunks, if the Hub has them. */
  readonly xetFromBytes: number;
  /** The offset of the first byte; all bytes arrive if the server does not support ranges. 0 by default. */
  readonly offset?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Requests a file with one GET request. The Hub's own response, which may be a redirect to a CDN, contains the name and
 * length of the content; the body comes from there or from the CDN. No prior HEAD request is needed.
 *
 * @throws RepositoryNotFoundError, GatedRepositoryError, InvalidTokenError, RevisionNotFoundError, ServerError,
 * ConnectionError.
 */
export async function requestFile(
  client: HubClient,
  request: FileRequest,
  options: FileRequestOptions,
): Promise<FileResponse | NoFile> {
  const { id, commit, path } = request;
  const { endpoint, hasToken } = client;
  const { offset = 0 } = options;
  let head: Headers | undefined;
  const response = await client.send(fileUrl(client, request), {
    headers: { "Accept-Encoding": "identity", ...(offset > 0 ? { Range: `bytes=${offset}-` } : {}) },
    signal: options.signal,
    onRedirect: (from, headers, to) => {
      if (client.isOwn(from) || headers.has("X-Linked-ETag")) head = headers;
      if (client.isOwn(to) || !client.isOwn(from)) return true;
      const xet = readXetReference(headers, endpoint);
      return xet === undefined || xet.size < options.xetFromBytes;
    },
  });
  if (client.isOwn(response.url) || head === undefined || !namesContent(head)) head = response.headers;
  const xet = isRedirect(response) ? readXetReference(head, endpoint) : undefined;
  const isPart = offset > 0 && response.status === 206 && readRangeStart(response.headers) === offset;
  if (response.status !== 200 && !isPart && xet === undefined) {
    await response.discard();
    if (offset > 0 && (response.status === 206 || response.status === 416)) {
      return requestFile(client, request, { ...options, offset: 0 });
    }
    if (response.status === 404 && head !== response.headers) throw toServerFailure(response);
    const failure = toHubFailure(response, { id, revision: commit, path, endpoint, hasToken });
    if (!EntryNotFoundError.isInstance(failure)) throw failure;
    return { isCertain: response.headers.get("X-Error-Code") === "EntryNotFound" };
  }
  try {
    checkCommit(head, commit, response);
    const name = readName(head);
    const size =
      readSize(head.get("X-Linked-Size")) ?? (response.status === 200 ? response.bodySize : undefined);
    if (xet === undefined) return { ...name, size, body: response, offset: isPart ? offset : 0 };
    await response.discard();
    return { ...name, size: xet.size, xet };
  } catch (error) {
    await response.discard();
    throw error;
  }
}

function isRedirect(response: HttpResponse): boolean {
  return response.status >= 300 && response.status < 400;
}

/** The URL of a file of a commit. */
export function fileUrl(client: HubClient, { id, commit, path }: FileRequest): URL {
  return client.url(`/${id}/resolve/${commit}/${path.split("/").map(encodeURIComponent).join("/")}`);
}

function namesContent(head: Headers): boolean {
  return head.has("X-Linked-ETag") || head.has("ETag");
}

function readName(head: Headers): Omit<FileHead, "size"> {
  const linked = parseObjectId(head.get("X-Linked-ETag"));
  const etag = head.get("X-Linked-ETag") ?? head.get("ETag") ?? undefined;
  if (linked !== undefined) return { objectId: linked, isHubName: true, etag };
  // Artifactory sends this for files that it stores.
  const sha256 = parseObjectId(head.get("X-Checksum-Sha256"));
  if (sha256 !== undefined && isSha256(sha256)) return { objectId: sha256, isHubName: true, etag };
  const objectId = parseObjectId(head.get("ETag"));
  return { objectId, isHubName: objectId !== undefined && isSha256(objectId), etag };
}

function checkCommit(head: Headers, commit: string, response: HttpResponse): void {
  const served = head.get("X-Repo-Commit");
  if (served === null || served === commit) return;
  throw notLikeTheHub(response, `commit ${JSON.stringify(served.slice(0, 100))}`, `commit ${commit}`);
}

function notLikeTheHub(response: HttpResponse, found: string, expected: string): ServerError {
  const remedy = "Check that HF_ENDPOINT names the Hub or a mirror of it, and that no proxy is in the way.";
  return new ServerError(
    { subject: describeUrl(response.url), found, expected, remedy },
    { status: response.status },
  );
}

/** Where a file's chunks are in Xet storage. */
export interface XetReference {
  /** 64 hexadecimal digits. */
  readonly hash: string;
  /** Length of the file in bytes. */
  readonly size: number;
  /** Where to get a token for the storage. A URL below the endpoint. */
  readonly refreshUrl: URL;
  /** Where the Hub lists the chunks of the file. */
  readonly reconstructionUrl: URL;
}

const hub = "https://huggingface.co/";

/**
 * Reads the headers by which the Hub offers a file's chunks; `undefined` if it does not, or if the token for the
 * storage would have to be fetched from another host.
 */
export function readXetReference(headers: Headers, endpoint: URL): XetReference | undefined {
  const hash = headers.get("X-Xet-Hash");
  const links = headers.get("Link");
  const refresh = readLink(links, "xet-auth");
  const reconstruction = readLink(links, "xet-reconstruction-info");
  const size = readSize(headers.get("X-Linked-Size"));
  if (size === undefined || hash === null || !/^[0-9a-f]{64}$/i.test(hash)) return undefined;
  if (refresh === undefined || reconstruction === undefined || !URL.canParse(reconstruction))
    return undefined;
  const refreshUrl = refresh.startsWith(hub)
    ? joinEndpoint(endpoint, `/${refresh.slice(hub.length)}`)
    : URL.canParse(refresh)
      ? new URL(refresh)
      : undefined;
  if (refreshUrl?.origin !== endpoint.origin) return undefined;
  return { hash, size, refreshUrl, reconstructionUrl: new URL(reconstruction) };
}
