import { warn } from "@onestep/core";
import { EntryNotFoundError } from "../errors/entry-not-found-error.ts";
import { IntegrityError } from "../errors/integrity-error.ts";
import type { HubClient } from "../hub-api/hub-client.ts";
import { type FileAnswer, type FileQuestion, requestFile } from "../hub-api/request-file.ts";
import type { Incoming } from "./transfer/receive-file.ts";
import { xetChunks } from "./xet-chunks.ts";

/** What a transfer needs to ask for more. */
export interface HubTransferRequest extends FileQuestion {
  readonly client: HubClient;
  /** From which length on a file comes in chunks out of Xet storage, where it lies there. */
  readonly xetFromBytes: number;
}

/** Brings the bytes of one content of the Hub, from any place on, as a whole or in chunks. */
export class HubTransfer {
  readonly #request: HubTransferRequest;
  readonly #objectId: string;
  readonly #signal: AbortSignal;
  #xetFromBytes: number;
  /** Why chunks of the file failed, until it is told. */
  #failedChunks: string | undefined;

  constructor(request: HubTransferRequest, { objectId }: Pick<FileAnswer, "objectId">, signal: AbortSignal) {
    this.#request = request;
    this.#objectId = objectId;
    this.#signal = signal;
    this.#xetFromBytes = request.xetFromBytes;
  }

  /**
   * Asks for the bytes from a place on; for the file as a whole where chunks of it have failed.
   *
   * @throws IntegrityError where the Hub has another content now.
   */
  async request(offset: number): Promise<Incoming> {
    if (this.#failedChunks !== undefined) {
      warn(`${this.#failedChunks} ${this.#request.path} is fetched as a whole instead.`);
      this.#failedChunks = undefined;
    }
    const { client, id, commit, path } = this.#request;
    const options = { xetFromBytes: this.#xetFromBytes, offset, signal: this.#signal };
    const answer = await requestFile(client, this.#request, options);
    if (answer.objectId === this.#objectId) return this.take(answer, offset);
    const subject = `${path} in ${id} at ${commit}`;
    const remedy = "Something changed it meanwhile. Try again.";
    if (answer.objectId !== undefined) {
      await answer.body?.discard();
      throw new IntegrityError({ subject, found: answer.objectId, expected: this.#objectId, remedy });
    }
    throw new EntryNotFoundError({ subject, found: "nothing", expected: "the file of a moment ago", remedy });
  }

  /** The bytes of an answer to a request from `offset` on. */
  take(answer: FileAnswer, offset: number): Incoming {
    const { body, xet } = answer;
    if (xet === undefined) {
      const chunks = body.chunks(this.#request.client.downloadPatience);
      return { offset: answer.offset, chunks, discard: () => body.discard() };
    }
    this.#xetFromBytes = Number.POSITIVE_INFINITY;
    this.#failedChunks = "The chunks of the file were not right.";
    const chunks = xetChunks(this.#request.client, this.#request, xet, { offset, signal: this.#signal });
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
