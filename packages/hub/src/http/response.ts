import { OnestepError } from "@onestep/core";
import { isError } from "@onestep/core/internal";
import { freeBuffer } from "@onestep/core/internal/free-buffer";
import { ServerError } from "../errors.ts";
import { describeUrl, toConnectionError } from "./connection-failure.ts";
import type { RequestWatch, Timeout } from "./timeout.ts";

const maximumJsonBytes = 64 * 1024 * 1024;

const passingBytes = 256 * 1024;

/** A server's response. Read its body to the end, or call {@link discard}. */
export class HttpResponse {
  /** Where the response came from, after redirects. */
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
   * How many bytes the body will have when read; `undefined` if unknown. A page cannot see whether a cross-origin
   * response is compressed, so the header may be the compressed length.
   */
  get bodySize(): number | undefined {
    const encoding = this.headers.get("Content-Encoding");
    const isHidden = encoding === null && this.#response.type === "cors";
    const isPlain = (encoding ?? "identity") === "identity" && !isHidden;
    return isPlain ? readSize(this.headers.get("Content-Length")) : undefined;
  }

  /**
   * The body in chunks as it arrives, read from the server no faster than the caller consumes them.
   *
   * @throws ConnectionError if the connection breaks, or the server stays silent for longer than `timeout`.
   */
  async *chunks(timeout: Timeout): AsyncGenerator<Uint8Array, void, undefined> {
    const reader = this.#response.body?.getReader();
    if (reader !== undefined) yield* this.#read(reader, () => reader.read(), timeout);
  }

  /**
   * Like {@link chunks}, but a chunk is valid only until the next is requested: if the platform supports it, one buffer
   * is reused for all of them. Otherwise, gigabytes of small arrays would accumulate for the garbage collector.
   */
  async *passingChunks(timeout: Timeout): AsyncGenerator<Uint8Array, void, undefined> {
    const reader = openByteReader(this.#response.body);
    if (reader === undefined) return yield* this.chunks(timeout);
    let buffer = new ArrayBuffer(passingBytes);
    const next = async () => {
      const result = await reader.read(new Uint8Array(buffer));
      if (result.value !== undefined) buffer = result.value.buffer;
      return result;
    };
    try {
      yield* this.#read(reader, next, timeout);
    } finally {
      freeBuffer(buffer);
    }
  }

  async *#read(
    reader: Pick<ReadableStreamDefaultReader, "cancel">,
    next: () => Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>,
    timeout: Timeout,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        const { done, value } = await this.#watch.wait(next(), timeout);
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

  /** The body as JSON, of 64 MiB at most. @throws ServerError if it is longer, or is not JSON. */
  async json(timeout: Timeout): Promise<unknown> {
    const decoder = new TextDecoder();
    let text = "";
    let size = 0;
    for await (const chunk of this.chunks(timeout)) {
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
        expected: "JSON, as the Hub responds",
        remedy: "Check that HF_ENDPOINT names the Hub or a mirror of it, and that no proxy is in the way.",
      },
      { status: this.status },
    );
  }
}

/** `undefined` if the body cannot be read into a given buffer. */
function openByteReader(body: Response["body"]): ReadableStreamBYOBReader | undefined {
  try {
    return body?.getReader({ mode: "byob" });
  } catch (error) {
    if (isError(error) && error.name === "TypeError" && body?.locked === false) return undefined;
    throw error;
  }
}

/** The most to allocate based on the server's claim alone; beyond it, at most twice what has arrived. */
const trustedBytes = 16 * 1024 * 1024;

/** The body of a response; `undefined` if it is longer than `limit` bytes. The rest is not read then. */
export async function readBytes(
  response: HttpResponse,
  limit: number,
  timeout: Timeout,
): Promise<Uint8Array | undefined> {
  const announced = readSize(response.headers.get("Content-Length")) ?? 0;
  if (announced > limit) {
    await response.discard();
    return undefined;
  }
  let bytes = new Uint8Array(Math.min(announced, trustedBytes));
  let size = 0;
  for await (const chunk of response.passingChunks(timeout)) {
    const end = size + chunk.length;
    if (end > limit) return undefined;
    if (end > bytes.length) bytes = grow(bytes, Math.min(Math.max(end, 2 * size), limit));
    bytes.set(chunk, size);
    size = end;
  }
  return size === bytes.length ? bytes : bytes.slice(0, size);
}

function grow(bytes: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(length);
  grown.set(bytes);
  freeBuffer(bytes.buffer);
  return grown;
}

/** A length in bytes from a header; `undefined` if it is missing, or not a whole number. */
export function readSize(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** The file offset of the part described by `Content-Range`; `undefined` if unknown. */
export function readRangeStart(headers: Headers): number | undefined {
  return readSize(/^bytes (\d+)-/.exec(headers.get("Content-Range") ?? "")?.[1] ?? null);
}

/** The length of the whole file according to `Content-Range`; `undefined` if unknown. */
export function readTotalSize(headers: Headers): number | undefined {
  return readSize(/\/(\d+)$/.exec(headers.get("Content-Range") ?? "")?.[1] ?? null);
}

/** The target of a `Link` header's entry with the given relation, as written there; `undefined` if there is no such entry. */
export function readLink(header: string | null, relation: string): string | undefined {
  for (const [, target, parameters] of (header ?? "").matchAll(/<([^>]*)>([^<]*)/g)) {
    const relations = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i.exec(parameters ?? "");
    const names = (relations?.[1] ?? relations?.[2] ?? "").split(/\s+/);
    if (names.includes(relation)) return target;
  }
  return undefined;
}

/**
 * How many seconds a server asks to wait: `Retry-After` in seconds or as a date, or the `t` of the `RateLimit` header
 * that the Hub sends; `undefined` if it does not say.
 */
export function readRetryAfter(headers: Headers, now: number): number | undefined {
  const retryAfter = headers.get("Retry-After");
  if (retryAfter !== null && /^\d{1,9}$/.test(retryAfter.trim())) return Number(retryAfter);
  const date = retryAfter === null ? Number.NaN : Date.parse(retryAfter);
  if (!Number.isNaN(date)) return Math.max(0, Math.ceil((date - now) / 1000));
  const rateLimit = /(?:^|;)\s*t=(\d{1,9})\b/.exec(headers.get("RateLimit") ?? "");
  return rateLimit?.[1] === undefined ? undefined : Number(rateLimit[1]);
}
