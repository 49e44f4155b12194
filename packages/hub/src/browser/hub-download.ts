import type { Incoming } from "../cache/download.ts";
import type { StartHubDownload } from "../cache/hub-file.ts";
import type { HubError } from "../errors.ts";
import { type HttpAnswer, readRangeStart, readSize } from "../http/response.ts";
import { withRetries } from "../http/retry.ts";
import type { HubClient } from "../hub-api/client.ts";
import { toHubFailure } from "../hub-api/failure.ts";
import { type FileQuestion, fileUrl } from "../hub-api/file.ts";
import { contentId, type ListedFile } from "../hub-api/listing.ts";

/**
 * Fetches files of the Hub of which the listing says what they are: a browser follows redirects by itself, and does
 * not show the headers of the Hub's own answer that would say so.
 */
export function listedDownloads(client: HubClient): StartHubDownload {
  return async (question, listed, signal) => {
    if (listed === undefined) return { isCertain: false };
    const request = { client, question, listed, signal };
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
  readonly question: FileQuestion;
  readonly listed: ListedFile;
  readonly signal: AbortSignal;
}

/** Asks for one byte, which is answered or refused as the file is. */
async function askForAccess({ client, question, signal }: ListedRequest): Promise<void> {
  const answer = await client.send(fileUrl(client, question), { headers: { Range: "bytes=0-0" }, signal });
  await answer.discard();
  if (![200, 206, 416].includes(answer.status)) throw toFailure(client, question, answer);
}

/** The bytes from a place on; all of them where the server does not serve parts. */
async function requestListed(request: ListedRequest, offset: number): Promise<Incoming> {
  const { client, listed, question, signal } = request;
  const headers = offset === 0 ? {} : { Range: `bytes=${offset}-` };
  const answer = await client.send(fileUrl(client, question), { headers, signal });
  const isRest = answer.status === 206 && isPart(answer, offset, listed.size);
  if (answer.status === 200 || isRest) {
    const chunks = answer.passingChunks(client.downloadPatience);
    return { offset: isRest ? offset : 0, chunks, discard: () => answer.discard() };
  }
  await answer.discard();
  if (offset > 0 && (answer.status === 206 || answer.status === 416)) return requestListed(request, 0);
  throw toFailure(client, question, answer);
}

function toFailure(client: HubClient, { id, commit, path }: FileQuestion, answer: HttpAnswer): HubError {
  const { endpoint, hasToken } = client;
  return toHubFailure(answer, { id, revision: commit, path, endpoint, hasToken });
}

/** Not every server lets a page see `Content-Range`; the length of the rest tells as much. */
function isPart(answer: HttpAnswer, offset: number, size: number): boolean {
  const start = readRangeStart(answer.headers);
  return start === undefined
    ? readSize(answer.headers.get("Content-Length")) === size - offset
    : start === offset;
}
