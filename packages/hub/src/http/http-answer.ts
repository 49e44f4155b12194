import { freeBuffer, isError, OnestepError } from "@onestep/core";
import { ServerError } from "../errors/server-error.ts";
import { toConnectionError } from "./connection-failure.ts";
import { describeUrl } from "./describe-url.ts";
import { readSize } from "./read-size.ts";
import type { Patience, RequestWatch } from "./request-watch.ts";

const maximumJsonBytes = 64 * 1024 * 1024;

const passingBytes = 256 * 1024;

/** A server's answer. Its body is to be read to the end, or dropped with {@link discard}. */
export class HttpAnswer {
  /** Where the answer came from, after redirects. */
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly #response: Response;
  readonly #watch: RequestWatch;

  constructor(url: URL, response: Response, watch: RequestWatch) {
    this.url = url;
    this.status = response.status;
    this.headers = response.headers;
    this.#response = response;
    this.#watch = watch;
  }

  /**
   * How many bytes the body has when it is read; `undefined` where the server does not tell. A page that asks another
   * origin is not shown whether the body is compressed on its way, and what is told may be the length of that.
   */
  get bodySize(): number | undefined {
    const encoding = this.headers.get("Content-Encoding");
    const isHidden = encoding === null && this.#response.type === "cors";
    const isPlain = (encoding ?? "identity") === "identity" && !isHidden;
    return isPlain ? readSize(this.headers.get("Content-Length")) : undefined;
  }

  /**
   * The body, piece by piece as it arrives; the server is read no faster than the caller takes the pieces.
   *
   * @throws ConnectionError where the connection breaks, or the server stays silent for longer than `patience`.
   */
  async *chunks(patience: Patience): AsyncGenerator<Uint8Array, void, undefined> {
    const reader = this.#response.body?.getReader();
    if (reader !== undefined) yield* this.#read(reader, () => reader.read(), patience);
  }

  /**
   * Like {@link chunks}, but a piece is good only until the next is asked for: where the platform can do that, one
   * buffer holds them all, one after the other. Otherwise the small arrays of gigabytes wait for the garbage collector.
   */
  async *passingChunks(patience: Patience): AsyncGenerator<Uint8Array, void, undefined> {
    const reader = openByteReader(this.#response.body);
    if (reader === undefined) return yield* this.chunks(patience);
    let buffer = new ArrayBuffer(passingBytes);
    const next = async () => {
      const result = await reader.read(new Uint8Array(buffer));
      if (result.value !== undefined) buffer = result.value.buffer;
      return result;
    };
    try {
      yield* this.#read(reader, next, patience);
    } finally {
      freeBuffer(buffer);
    }
  }

  async *#read(
    reader: Pick<ReadableStreamDefaultReader, "cancel">,
    next: () => Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>,
    patience: Patience,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        const { done, value } = await this.#watch.wait(next(), patience);
        if (done || value === undefined) return;
        yield value;
      }
    } catch (error) {
      if (this.#watch.signal.aborted || OnestepError.isInstance(error)) throw error;
      throw toConnectionError(this.url, error, { hasBegun: true });
    } finally {
      this.#watch.end();
      reader.cancel().catch(() => {});
    }
  }

  /** The body as JSON, of 64 MiB at most. @throws ServerError where it is longer, or is not JSON. */
  async json(patience: Patience): Promise<unknown> {
    const decoder = new TextDecoder();
    let text = "";
    let size = 0;
    for await (const chunk of this.chunks(patience)) {
      size += chunk.length;
      if (size > maximumJsonBytes) throw this.#notJson(`more than ${maximumJsonBytes} bytes`);
      text += decoder.decode(chunk, { stream: true });
    }
    try {
      return JSON.parse(text + decoder.decode());
    } catch {
      throw this.#notJson("something else");
    }
  }

  /** Drops the body. */
  async discard(): Promise<void> {
    this.#watch.end();
    await this.#response.body?.cancel().catch(() => {});
  }

  #notJson(found: string): ServerError {
    return new ServerError(
      {
        subject: describeUrl(this.url),
        found,
        expected: "JSON, as the Hub answers",
        remedy: "Check that HF_ENDPOINT names the Hub or a mirror of it, and that no proxy is in the way.",
      },
      { status: this.status },
    );
  }
}

/** `undefined` where the body does not fill a buffer that it is given. */
function openByteReader(body: Response["body"]): ReadableStreamBYOBReader | undefined {
  try {
    return body?.getReader({ mode: "byob" });
  } catch (error) {
    if (isError(error) && error.name === "TypeError" && body?.locked === false) return undefined;
    throw error;
  }
}
