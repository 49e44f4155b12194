import type { Incoming } from "../cache/download.ts";
import type { StartHubDownload } from "../cache/hub-file.ts";
import type { HubError } from "../errors.ts";
import { type HttpResponse, readRangeStart, readSize } from "../http/response.ts";
import { withRetries } from "../http/retry.ts";
import type { HubClient } from "../hub-api/client.ts";
import { toHubFailure } from "../hub-api/failure.ts";
import { type FileRequest, fileUrl } from "../hub-api/file.ts";
import { contentId, type ListedFile } from "../hub-api/listing.ts";

/**
 * Fetches Hub files using the listing's metadata: browsers follow redirects themselves, and do not expose the headers
 * of the Hub's own response, which contain the same information.
 */
export function listedDownloads(client: HubClient): StartHubDownload {
  return async (file, listed, signal) => {
    if (listed === undefined) return { isCertain: false };
    const request = { client, file, listed, signal };
    return {
      objectId: contentId(listed),
      size: listed.size,
      confirm: () => withRetries(() => askForAccess(request), client.retry, signal),
      takeFirst: () => undefined,
      request: (offset) => requestListed(request, offset),
      discard: async () => {},
    };
  };
}

interface ListedRequest {
  readonly client: HubClient;
  readonly file: FileRequest;
  readonly listed: ListedFile;
  readonly signal: AbortSignal;
}

/** Requests one byte, which is granted or refused like the whole file. */
async function askForAccess({ client, file, signal }: ListedRequest): Promise<void> {
  const response = await client.send(fileUrl(client, file), { headers: { Range: "bytes=0-0" }, signal });
  await response.discard();
  if (![200, 206, 416].includes(response.status)) throw toFailure(client, file, response);
}

/** The bytes from an offset; all bytes if the server does not support ranges. */
async function requestListed(request: ListedRequest, offset: number): Promise<Incoming> {
  const { client, listed, file, signal } = request;
  const headers = offset === 0 ? {} : { Range: `bytes=${offset}-` };
  const response = await client.send(fileUrl(client, file), { headers, signal });
  const isRest = response.status === 206 && isPart(response, offset, listed.size);
  if (response.status === 200 || isRest) {
    const chunks = response.passingChunks(client.downloadTimeout);
    return { offset: isRest ? offset : 0, chunks, discard: () => response.discard() };
  }
  await response.discard();
  if (offset > 0 && (response.status === 206 || response.status === 416)) return requestListed(request, 0);
  throw toFailure(client, file, response);
}

function toFailure(client: HubClient, { id, commit, path }: FileRequest, response: HttpResponse): HubError {
  const { endpoint, hasToken } = client;
  return toHubFailure(response, { id, revision: commit, path, endpoint, hasToken });
}

/** Not every server lets a page read `Content-Range`; the length of the remaining bytes is equivalent. */
function isPart(response: HttpResponse, offset: number, size: number): boolean {
  const start = readRangeStart(response.headers);
  return start === undefined
    ? readSize(response.headers.get("Content-Length")) === size - offset
    : start === offset;
}
