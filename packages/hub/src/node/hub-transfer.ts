import { warn } from "@onestep/core";
import type { HubDownload, StartHubDownload } from "../cached/hub-download.ts";
import type { Incoming } from "../cached/receive-file.ts";
import { EntryNotFoundError } from "../errors/entry-not-found-error.ts";
import { IntegrityError } from "../errors/integrity-error.ts";
import { withRetries } from "../http/retry.ts";
import type { HubClient } from "../hub-api/hub-client.ts";
import { type FileAnswer, type FileQuestion, type NoFile, requestFile } from "../hub-api/request-file.ts";
import { xetChunks } from "./xet-chunks.ts";

/** What a transfer needs to ask for more. */
interface HubTransferRequest {
  readonly client: HubClient;
  readonly question: FileQuestion;
  readonly signal: AbortSignal;
}

/**
 * Fetches files of the Hub by one request each, whose answer says what the content is and brings its first bytes.
 *
 * @param xetFromBytes - From which length on a file comes in chunks out of Xet storage, where it lies there.
 */
export function hubTransfers(client: HubClient, xetFromBytes: number): StartHubDownload {
  return async (question, _listed, signal) => {
    const ask = (): Promise<FileAnswer | NoFile> => requestFile(client, question, { xetFromBytes, signal });
    const answer = await withRetries(ask, client.retry, signal);
    if (answer.objectId === undefined) return answer;
    return new HubTransfer({ client, question, signal }, answer, xetFromBytes);
  };
}

/** Brings the bytes of one content of the Hub, from any place on, as a whole or in chunks. */
class HubTransfer implements HubDownload {
  readonly objectId: string;
  readonly size: number | undefined;
  readonly #request: HubTransferRequest;
  #xetFromBytes: number;
  #first: FileAnswer | undefined;
  /** Why chunks of the file failed, until it is told. */
  #failedChunks: string | undefined;

  constructor(request: HubTransferRequest, first: FileAnswer, xetFromBytes: number) {
    this.#request = request;
    this.objectId = first.objectId;
    this.size = first.size;
    this.#first = first;
    this.#xetFromBytes = xetFromBytes;
  }

  /** The first answer said so. */
  async confirm(): Promise<void> {}

  takeFirst(): Incoming | undefined {
    const first = this.#first;
    this.#first = undefined;
    return first === undefined ? undefined : this.#take(first, 0);
  }

  /**
   * Asks for the bytes from a place on; for the file as a whole where chunks of it have failed.
   *
   * @throws IntegrityError where the Hub has another content now.
   */
  async request(offset: number): Promise<Incoming> {
    await this.discard();
    const { client, question, signal } = this.#request;
    const { id, commit, path } = question;
    if (this.#failedChunks !== undefined) {
      warn(`${this.#failedChunks} ${path} is fetched as a whole instead.`);
      this.#failedChunks = undefined;
    }
    const options = { xetFromBytes: this.#xetFromBytes, offset, signal };
    const answer = await requestFile(client, question, options);
    if (answer.objectId === this.objectId) return this.#take(answer, offset);
    const subject = `${path} in ${id} at ${commit}`;
    const remedy = "Something changed it meanwhile. Try again.";
    if (answer.objectId !== undefined) {
      await answer.body?.discard();
      throw new IntegrityError({ subject, found: answer.objectId, expected: this.objectId, remedy });
    }
    throw new EntryNotFoundError({ subject, found: "nothing", expected: "the file of a moment ago", remedy });
  }

  async discard(): Promise<void> {
    const first = this.#first;
    this.#first = undefined;
    await first?.body?.discard();
  }

  /** The bytes of an answer to a request from `offset` on. */
  #take(answer: FileAnswer, offset: number): Incoming {
    const { client, question, signal } = this.#request;
    const { body, xet } = answer;
    if (xet === undefined) {
      const chunks = body.chunks(client.downloadPatience);
      return { offset: answer.offset, chunks, discard: () => body.discard() };
    }
    this.#xetFromBytes = Number.POSITIVE_INFINITY;
    this.#failedChunks = "The chunks of the file were not right.";
    const chunks = xetChunks(client, question, xet, { offset, signal });
    return { offset, chunks: this.#watchChunks(chunks), discard: async () => {} };
  }

  /** Remembers why they end early. */
  async *#watchChunks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* chunks;
    } catch (error) {
      if (error instanceof Error) this.#failedChunks = error.message;
      throw error;
    }
  }
}
