import { OnestepError } from "@onestep/core";
import { ConnectionError, ServerError } from "../errors.ts";
import { describeUrl } from "../http/connection-failure.ts";
import { explainFailure } from "../http/request.ts";
import { HttpResponse, readBytes } from "../http/response.ts";
import { noRetries, type RetryPolicy, withRetries } from "../http/retry.ts";
import { RequestWatch, type Timeout } from "../http/timeout.ts";
import { page, type RequestTarget } from "../hub-api/failure.ts";
import { toInterruption, toUploadFailure, whatStays } from "./upload-failure.ts";
import type { UploadFile } from "./upload-files.ts";

const maximumAnswerBytes = 16 * 1024 * 1024;
/** Without both of these, Node's `fetch` keeps the whole body in memory, to be able to send it again after a redirect. */
const heldOnce = { redirect: "error", window: null } as const;
const statusesWithoutBody = new Set([204, 205, 304]);

/** How to talk to the endpoint, and to the storage for large files that it names. */
export interface UploadTransportOptions {
  readonly fetch: typeof fetch;
  readonly token: string;
  /** How long the endpoint or the storage may stay silent. */
  readonly timeout: Timeout;
  readonly retry: RetryPolicy;
  /** What is being changed, for messages. */
  readonly target: RequestTarget;
  /** Called with the number of bytes of a file that have been sent; negative for bytes that will be sent again. */
  readonly onSent: (path: string, bytes: number) => void;
}

/** How a single request is to be treated. */
interface SendOptions {
  /** Statuses that are no failures here. */
  readonly accepts?: (status: number) => boolean;
  /** Sends it again where the server is out of reach or out of order. `true` by default. */
  readonly repeats?: boolean;
}

/**
 * Sends the requests of an upload: with the token for the endpoint's own origin and for no other; again where a server
 * is out of reach or out of order; with an end where it stays silent. What is not a success becomes a typed error. Of
 * answers no more than 16 MiB is read.
 */
export class UploadTransport {
  readonly endpoint: URL;
  readonly retry: RetryPolicy;
  readonly #options: UploadTransportOptions;

  constructor(options: UploadTransportOptions) {
    this.#options = options;
    this.endpoint = options.target.endpoint;
    this.retry = options.retry;
  }

  /**
   * Sends a request.
   *
   * @returns The answer, whose body is at hand.
   * @throws HubError; what reading a file that is sent throws; the reason of the signal in `init`.
   */
  async send(url: URL, init: RequestInit, options: SendOptions = {}): Promise<Response> {
    const retry = options.repeats === false ? noRetries : this.retry;
    try {
      return await withRetries(() => this.#sendOnce(url, init, options), retry, init.signal ?? undefined);
    } catch (error) {
      if (!ConnectionError.isInstance(error)) throw error;
      throw toInterruption(error, options.repeats === false ? this.#doubtful() : this.#restartable(error));
    }
  }

  /** What to do where an answer is missing to a request that must not be made twice. */
  #doubtful(): string {
    const { endpoint, id } = this.#options.target;
    return `It may have been done nevertheless: look at ${page(endpoint, id)} before you upload again.`;
  }

  #restartable(error: ConnectionError): string {
    const isSilence = error.problem?.found.startsWith("silence") === true;
    const timeout = isSilence ? ` Set ${this.#options.timeout.variable} to wait for longer.` : "";
    return `Check the network, the proxy and the address (HF_ENDPOINT), and upload again; ${whatStays}.${timeout}`;
  }

  async #sendOnce(url: URL, init: RequestInit, { accepts }: SendOptions): Promise<Response> {
    const { fetch, timeout, target } = this.#options;
    const watch = new RequestWatch(url, init.signal ?? undefined);
    const body = this.#watchBody(init.body, watch);
    try {
      const sent = fetch(url, {
        ...init,
        headers: this.#headers(url, init),
        ...body.init,
        signal: watch.signal,
      });
      const response = await watch.wait(sent, timeout);
      const answer = new HttpResponse(response.url === "" ? url : new URL(response.url), response, watch);
      const text = await readText(answer, timeout);
      if (!response.ok && accepts?.(response.status) !== true) throw toUploadFailure(answer, text, target);
      const { headers, status } = response;
      return new Response(statusesWithoutBody.has(status) ? null : text, { status, headers });
    } catch (error) {
      body.takeBack();
      const isOurs = watch.signal.aborted || OnestepError.isInstance(error);
      watch.end();
      if (body.failure() !== undefined) throw body.failure();
      throw isOurs ? error : await explainFailure(url, error, { fetch, signal: init.signal });
    }
  }

  #headers(url: URL, init: RequestInit): Headers {
    const headers = new Headers(init.headers);
    headers.delete("Authorization");
    if (url.origin === this.endpoint.origin) headers.set("Authorization", `Bearer ${this.#options.token}`);
    return headers;
  }

  #watchBody(body: RequestInit["body"], watch: RequestWatch): WatchedBody {
    if (!(body instanceof SourceBlob)) return { init: {}, takeBack: () => {}, failure: () => undefined };
    let sent = 0;
    const watched = body.watched((bytes) => {
      sent += bytes;
      watch.noteActivity();
      this.#options.onSent(body.path, bytes);
    });
    return {
      init: { body: watched, ...heldOnce },
      takeBack: () => this.#options.onSent(body.path, -sent),
      failure: () => watched.failure,
    };
  }
}

interface WatchedBody {
  readonly init: Pick<RequestInit, "body" | "redirect" | "window">;
  /** Says that what was sent has to be sent again. */
  readonly takeBack: () => void;
  /** What reading the file threw. */
  readonly failure: () => unknown;
}

async function readText(answer: HttpResponse, timeout: Timeout): Promise<string> {
  const bytes = await readBytes(answer, maximumAnswerBytes, timeout);
  if (bytes !== undefined) return new TextDecoder().decode(bytes);
  throw new ServerError(
    {
      subject: describeUrl(answer.url),
      found: `an answer of more than ${maximumAnswerBytes} bytes`,
      expected: "a short answer, as the Hub gives",
      remedy: "Check that HF_ENDPOINT names the Hub or a mirror of it.",
    },
    { status: answer.status },
  );
}

const pieceBytes = 512 * 1024;

/** Called with the number of bytes of a body that have been read, each time. */
type BytesListener = (bytes: number) => void;

/**
 * A file as `fetch` and @huggingface/hub take it, of which no more than a piece is held: bytes are read when they are
 * asked for.
 */
export class SourceBlob extends Blob {
  readonly #file: UploadFile;
  readonly #start: number;
  readonly #end: number;
  readonly #onBytes: BytesListener | undefined;
  #failure: unknown;

  /** Bytes `start` to `end` (exclusive) of a file; all of it by default. */
  constructor(file: UploadFile, start: number = 0, end: number = file.size, onBytes?: BytesListener) {
    super();
    this.#file = file;
    this.#start = start;
    this.#end = end;
    this.#onBytes = onBytes;
  }

  /** The path of the file that the bytes are of. */
  get path(): string {
    return this.#file.path;
  }

  /** What reading the file for {@link stream}, or reporting progress, threw; the sender only sees that sending failed. */
  get failure(): unknown {
    return this.#failure;
  }

  override get size(): number {
    return this.#end - this.#start;
  }

  /** The same bytes; `onBytes` is called when they are read. */
  watched(onBytes: BytesListener): SourceBlob {
    return new SourceBlob(this.#file, this.#start, this.#end, onBytes);
  }

  /** Neither bound may be negative. */
  override slice(start: number = 0, end: number = this.size): SourceBlob {
    const first = Math.min(this.#start + start, this.#end);
    return new SourceBlob(
      this.#file,
      first,
      Math.max(first, Math.min(this.#start + end, this.#end)),
      this.#onBytes,
    );
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await this.#file.read(this.#start, this.#end);
    return bytes.slice().buffer as ArrayBuffer;
  }

  override async text(): Promise<string> {
    return new TextDecoder().decode(await this.arrayBuffer());
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    let position = this.#start;
    return new ReadableStream(
      {
        pull: async (controller) => {
          if (position === this.#end) return controller.close();
          const end = Math.min(position + pieceBytes, this.#end);
          const piece = await this.#takePiece(position, end);
          position = end;
          controller.enqueue(piece);
        },
      },
      { highWaterMark: 0 },
    );
  }

  async #takePiece(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    try {
      const piece = new Uint8Array(await this.#file.read(start, end));
      this.#onBytes?.(piece.length);
      return piece;
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }
}
