import { isError, warn } from "@onestep/core/internal";
import type { Incoming } from "../cache/download.ts";
import type { AskListing, HubDownload, StartHubDownload } from "../cache/hub-file.ts";
import { EntryNotFoundError, IntegrityError, ServerError } from "../errors.ts";
import { describeUrl } from "../http/connection-failure.ts";
import { withRetries } from "../http/retry.ts";
import type { HubClient } from "../hub-api/client.ts";
import { type FileRequest, type FileResponse, type NoFile, requestFile } from "../hub-api/file.ts";
import { contentId, type ListedFile } from "../hub-api/listing.ts";
import { xetChunks } from "./xet-chunks.ts";

/** What a transfer needs to request more bytes. */
interface HubTransferRequest {
  readonly client: HubClient;
  readonly file: FileRequest;
  readonly signal: AbortSignal;
}

/**
 * Downloads files of the Hub with one request each: its response names the content and has its first bytes.
 *
 * @param xetFromBytes - From which length on a file that is in Xet storage is downloaded in chunks.
 */
export function hubTransfers(client: HubClient, xetFromBytes: number): StartHubDownload {
  return async (file, listed, signal, askListing) => {
    const ask = (): Promise<FileResponse | NoFile> => requestFile(client, file, { xetFromBytes, signal });
    const response = await withRetries(ask, client.retry, signal);
    if ("isCertain" in response) return response;
    try {
      const content = await identify(response, listed, askListing);
      if (content === undefined) throw withoutName(client, file, response);
      return new HubTransfer({ client, file, signal }, { content, first: response, xetFromBytes });
    } catch (error) {
      await response.body?.discard();
      throw error;
    }
  };
}

/** Files beyond this length are in LFS, where the Hub names them by SHA-256. */
const largestGitBytes = 10 * 1024 * 1024;

/** A content: its SHA-256 or git object id, and its length, if known. */
type Content = Pick<HubDownload, "objectId" | "size">;

/**
 * Identifies the content: by the response or, if that has no valid Hub name, by the listing. The `ETag` of a mirror may
 * be a different checksum, or missing.
 */
async function identify(
  { isHubName, objectId, size }: FileResponse,
  listed: ListedFile | undefined,
  askListing: AskListing,
): Promise<Content | undefined> {
  if (objectId !== undefined && isHubName) return { objectId, size };
  const isDoubtful = objectId === undefined || (size ?? 0) > largestGitBytes;
  const entry = listed ?? (isDoubtful ? await askListing() : undefined);
  if (entry !== undefined && (objectId === undefined || entry.sha256 !== undefined)) {
    return { objectId: contentId(entry), size: entry.size };
  }
  return objectId === undefined ? undefined : { objectId, size: size ?? entry?.size };
}

function withoutName(
  { endpoint }: HubClient,
  { id, commit, path }: FileRequest,
  { etag }: FileResponse,
): ServerError {
  const found = etag === undefined ? "no ETag" : `the ETag ${JSON.stringify(etag.slice(0, 100))}`;
  return new ServerError(
    {
      subject: `${path} in ${id} at ${commit}`,
      found: `${found}, which is no name of the Hub's, and no listing at ${describeUrl(endpoint)} that has the file`,
      expected: "a git object, a SHA-256 or a listing, by which the content can be checked",
      remedy:
        "Check that HF_ENDPOINT names the Hub or a mirror of it that lists files (/api/models/…/tree), and that no proxy changes headers.",
      summary: `${path} in ${id} at ${commit} cannot be verified: the server sends ${found}, which is not a hash that the Hub uses, and ${describeUrl(endpoint)} does not list the file.`,
    },
    { status: 200 },
  );
}

/** Downloads one content of the Hub from any offset, as a whole or in chunks. */
class HubTransfer implements HubDownload {
  readonly objectId: string;
  readonly size: number | undefined;
  readonly #request: HubTransferRequest;
  /** As sent by the server. */
  readonly #etag: string | undefined;
  #xetFromBytes: number;
  #first: FileResponse | undefined;
  /** Why downloading chunks failed, until the warning is shown. */
  #failedChunks: string | undefined;

  constructor(
    request: HubTransferRequest,
    {
      content,
      first,
      xetFromBytes,
    }: { readonly content: Content; readonly first: FileResponse; readonly xetFromBytes: number },
  ) {
    this.#request = request;
    this.#etag = first.etag;
    this.objectId = content.objectId;
    this.size = content.size;
    this.#first = first;
    this.#xetFromBytes = xetFromBytes;
  }

  /** The first response has confirmed it. */
  async confirm(): Promise<void> {}

  takeFirst(): Incoming | undefined {
    const first = this.#first;
    this.#first = undefined;
    return first === undefined ? undefined : this.#take(first, 0);
  }

  /**
   * Requests the bytes from an offset; those of the whole file if its chunks have failed.
   *
   * @throws IntegrityError if the Hub has another content now.
   */
  async request(offset: number): Promise<Incoming> {
    await this.discard();
    const { client, file, signal } = this.#request;
    const { id, commit, path } = file;
    if (this.#failedChunks !== undefined) {
      warn(`${this.#failedChunks} ${path} is fetched as a whole instead.`, "hub");
      this.#failedChunks = undefined;
    }
    const options = { xetFromBytes: this.#xetFromBytes, offset, signal };
    const response = await requestFile(client, file, options);
    const isOther = ({ etag, objectId }: FileResponse): boolean =>
      objectId !== this.objectId && etag !== this.#etag;
    if (!("isCertain" in response) && !isOther(response)) return this.#take(response, offset);
    const subject = `${path} in ${id} at ${commit}`;
    const remedy = "It has changed on the server. Try again.";
    if (!("isCertain" in response)) {
      await response.body?.discard();
      throw new IntegrityError({
        subject,
        found: response.objectId ?? response.etag ?? "no name",
        expected: this.objectId,
        remedy,
      });
    }
    throw new EntryNotFoundError({
      subject,
      found: "nothing",
      expected: "the file of a moment ago",
      remedy,
      summary: `${subject} disappeared from the server during the download.`,
    });
  }

  async discard(): Promise<void> {
    const first = this.#first;
    this.#first = undefined;
    await first?.body?.discard();
  }

  /** The bytes of a response to a request from `offset` on. */
  #take(response: FileResponse, offset: number): Incoming {
    const { client, file, signal } = this.#request;
    const { body, xet } = response;
    if (xet === undefined) {
      const chunks = body.chunks(client.downloadTimeout);
      return { offset: response.offset, chunks, discard: () => body.discard() };
    }
    this.#xetFromBytes = Number.POSITIVE_INFINITY;
    this.#failedChunks = "The chunks of the file were not right.";
    const chunks = xetChunks(client, file, xet, { offset, signal });
    return { offset, chunks: this.#watchChunks(chunks), discard: async () => {} };
  }

  /** Records why they end early. */
  async *#watchChunks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* chunks;
    } catch (error) {
      if (isError(error)) this.#failedChunks = error.message;
      throw error;
    }
  }
}
