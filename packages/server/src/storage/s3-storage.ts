import { errorMessage } from "@onestep/core/internal";
import { StorageError } from "../errors.ts";
import { readXml, S3Client, type S3Location } from "./s3-client.ts";
import type { ImageStorage, PutOptions, StoredEntry } from "./storage.ts";
import { checkAge, checkStorageKey, checkStoragePrefix, isStorageKey } from "./storage-key.ts";

/** Names that no key can have. */
const idKey = ".onestep/id";
const clockFolder = ".onestep/clock/";

/** The name under which each write of an object is marked, to know one's own again. */
const writeHeader = "x-amz-meta-write";

/** A stream is sent in parts of this size; the smallest that stores take is 5 MiB. */
const partBytes = 8 * 2 ** 20;

/**
 * A storage in a bucket of S3, or of any store with its API that honours `If-None-Match`.
 *
 * @example
 * const storage = await S3Storage.open({
 *   bucket: "images",
 *   region: "eu-central-1",
 *   credentials: {
 *     accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? "",
 *     secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? "",
 *   },
 * });
 */
export class S3Storage implements ImageStorage {
  readonly id: string;
  readonly #client: S3Client;
  readonly #prefix: string;

  private constructor(client: S3Client, prefix: string, id: string) {
    this.#client = client;
    this.#prefix = prefix;
    this.id = id;
  }

  /**
   * Opens a storage in a bucket, which has to exist.
   *
   * @throws InvalidArgumentError if the prefix is not a valid key.
   * @throws StorageError if the bucket cannot be reached, read or written, or `aws4fetch` is not installed.
   */
  static async open(location: S3Location): Promise<S3Storage> {
    const prefix = (location.prefix ?? "").replace(/^\/+|\/+$/g, "");
    if (prefix !== "") checkStorageKey(prefix);
    const client = await S3Client.open(location);
    const storage = new S3Storage(client, prefix === "" ? "" : `${prefix}/`, "");
    const id = await storage.#readOrMakeId();
    return new S3Storage(client, storage.#prefix, id);
  }

  async put(
    key: string,
    data: Uint8Array | ReadableStream<Uint8Array>,
    options: PutOptions = {},
  ): Promise<boolean> {
    checkStorageKey(key);
    return data instanceof Uint8Array
      ? await this.#putBytes(key, data, options)
      : await this.#putStream(key, data, options);
  }

  async get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    checkStorageKey(key);
    return await this.#get(key);
  }

  async open(key: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | undefined> {
    checkStorageKey(key);
    const response = await this.#client.send({ method: "GET", key: this.#prefix + key, accept: [404] });
    if (response.status === 404) return await this.#missing(response);
    const { body } = response;
    return body === null ? new Blob([]).stream() : (body as ReadableStream<Uint8Array<ArrayBuffer>>);
  }

  async *list(prefix: string): AsyncIterable<StoredEntry> {
    checkStoragePrefix(prefix);
    let token: string | undefined;
    do {
      const query = { "list-type": "2", prefix: this.#prefix + prefix };
      const response = await this.#client.send({
        method: "GET",
        query: token === undefined ? query : { ...query, "continuation-token": token },
      });
      const xml = await response.text();
      for (const [, contents = ""] of xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
        const entry = this.#readEntry(contents);
        if (entry !== undefined) yield entry;
      }
      token = readXml(xml, "IsTruncated") === "true" ? readXml(xml, "NextContinuationToken") : undefined;
    } while (token !== undefined);
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) checkStorageKey(key);
    const left = [...keys];
    const deleteSome = async (): Promise<void> => {
      for (let key = left.pop(); key !== undefined; key = left.pop()) await this.#delete(key);
    };
    await Promise.all(Array.from({ length: 8 }, deleteSome));
  }

  async expire(prefix: string, olderThanSeconds: number): Promise<void> {
    checkAge(olderThanSeconds);
    const limit = (await this.#readClock()) - olderThanSeconds * 1000;
    let old: string[] = [];
    for await (const { key, modifiedAt } of this.list(prefix)) {
      if (modifiedAt < limit) old.push(key);
      if (old.length < 500) continue;
      await this.delete(old);
      old = [];
    }
    await this.delete(old);
  }

  async close(): Promise<void> {}

  #readEntry(contents: string): StoredEntry | undefined {
    const key = (readXml(contents, "Key") ?? "").slice(this.#prefix.length);
    const bytes = Number(readXml(contents, "Size"));
    const modifiedAt = Date.parse(readXml(contents, "LastModified") ?? "");
    return isStorageKey(key) && bytes >= 0 && modifiedAt >= 0 ? { key, bytes, modifiedAt } : undefined;
  }

  async #putBytes(key: string, data: Uint8Array | string, options: PutOptions): Promise<boolean> {
    const write = crypto.randomUUID();
    const response = await this.#sendConditionally(options, (condition) => ({
      method: "PUT",
      key: this.#prefix + key,
      headers: { ...describe(options), ...condition, [writeHeader]: write },
      body: data,
    }));
    return response.status !== 412 || (await this.#isFrom(key, write));
  }

  /** Whether the object is the one of a write, whose first answer may have been lost. */
  async #isFrom(key: string, write: string): Promise<boolean> {
    const response = await this.#client.send({ method: "HEAD", key: this.#prefix + key, accept: [404] });
    return response.headers.get(writeHeader) === write;
  }

  async #putStream(key: string, stream: ReadableStream<Uint8Array>, options: PutOptions): Promise<boolean> {
    const parts = cutParts(stream);
    try {
      const first = await parts.next();
      const second = first.done === true ? first : await parts.next();
      const start = first.value ?? new Uint8Array();
      if (second.done === true) return await this.#putBytes(key, start, options);
      return await this.#upload(key, joined([start, second.value], parts), options);
    } finally {
      await parts.return(undefined);
    }
  }

  /** Sends an object in parts. It appears when the last one is there. */
  async #upload(key: string, parts: AsyncIterable<Uint8Array>, options: PutOptions): Promise<boolean> {
    const write = crypto.randomUUID();
    const path = this.#prefix + key;
    const headers = { ...describe(options), [writeHeader]: write };
    const created = await this.#client.send({ method: "POST", key: path, query: { uploads: "" }, headers });
    const uploadId = readXml(await created.text(), "UploadId");
    if (uploadId === undefined) throw unreadable(path, "no UploadId");
    try {
      const tags: string[] = [];
      for await (const body of parts) {
        const query = { partNumber: String(tags.length + 1), uploadId };
        const sent = await this.#client.send({ method: "PUT", key: path, query, body });
        tags.push(sent.headers.get("etag") ?? "");
      }
      const list = tags.map((tag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${tag}</ETag></Part>`);
      const body = `<CompleteMultipartUpload>${list.join("")}</CompleteMultipartUpload>`;
      const completed = await this.#sendConditionally(options, (condition) => ({
        method: "POST",
        key: path,
        query: { uploadId },
        headers: condition,
        body,
        // 404: an earlier try completed it, and its answer was lost.
        accept: [404],
      }));
      // The server may find out that it fails when it has sent the status.
      const isDone = completed.status === 200 && !(await completed.text()).includes("<Error>");
      if (isDone || (await this.#isFrom(key, write))) return true;
      if (completed.status !== 412) throw unreadable(path, "an upload that was not completed");
    } catch (error) {
      await this.#abandon(path, uploadId);
      throw error;
    }
    await this.#abandon(path, uploadId);
    return false;
  }

  async #abandon(path: string, uploadId: string): Promise<void> {
    await this.#client.send({ method: "DELETE", key: path, query: { uploadId } }).catch(() => {});
  }

  /** Sends a write that must not replace. Of writes that race, the store answers some with 409: try again. */
  async #sendConditionally(
    { replace = false }: PutOptions,
    request: (headers: Readonly<Record<string, string>>) => Parameters<S3Client["send"]>[0],
  ): Promise<Response> {
    const wanted = request(replace ? {} : { "if-none-match": "*" });
    for (let attempts = 1; ; attempts++) {
      const retry = attempts < 8 ? [409] : [];
      const accept = [...(wanted.accept ?? []), ...(replace ? [] : [412]), ...retry];
      const response = await this.#client.send({ ...wanted, accept });
      if (response.status !== 409) return response;
      await response.body?.cancel();
      await new Promise((resolve) => setTimeout(resolve, 20 * 2 ** attempts * (0.5 + Math.random())));
    }
  }

  async #get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    for (let attempts = 1; ; attempts++) {
      const response = await this.#client.send({ method: "GET", key: this.#prefix + key, accept: [404] });
      if (response.status === 404) return await this.#missing(response);
      try {
        return new Uint8Array(await response.arrayBuffer());
      } catch (error) {
        if (attempts === 3) throw unreadable(this.#prefix + key, errorMessage(error));
      }
    }
  }

  /** What a 404 means: that there is no object, unless there is no bucket. */
  async #missing(response: Response): Promise<undefined> {
    const code = readXml(await response.text(), "Code");
    if (code === "NoSuchBucket") throw unreadable(new URL(response.url).pathname, "no such bucket");
  }

  async #delete(key: string): Promise<void> {
    const response = await this.#client.send({ method: "DELETE", key: this.#prefix + key, accept: [404] });
    await response.body?.cancel();
  }

  async #readOrMakeId(): Promise<string> {
    const found = await this.#get(idKey);
    if (found === undefined) await this.#putBytes(idKey, crypto.randomUUID(), {});
    const text = new TextDecoder().decode(found ?? (await this.#get(idKey)));
    if (/^[0-9a-f-]{36}$/.test(text)) return text;
    throw unreadable(this.#prefix + idKey, "a damaged id of the storage");
  }

  /** The time by the clock of the store, in milliseconds since 1970. */
  async #readClock(): Promise<number> {
    const key = clockFolder + crypto.randomUUID();
    await this.#putBytes(key, "now", {});
    try {
      const response = await this.#client.send({ method: "HEAD", key: this.#prefix + key });
      const time = Date.parse(response.headers.get("last-modified") ?? "");
      if (Number.isNaN(time)) throw unreadable(this.#prefix + key, "no Last-Modified");
      return time;
    } finally {
      await this.#delete(key);
    }
  }
}

function describe({ mediaType }: PutOptions): Readonly<Record<string, string>> {
  return { "content-type": mediaType ?? "application/octet-stream" };
}

/** Cuts a stream into parts of {@link partBytes}; the last is what is left. */
async function* cutParts(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
  let part = new Uint8Array(partBytes);
  let length = 0;
  for await (const chunk of stream) {
    for (let start = 0; start < chunk.length; ) {
      const piece = chunk.subarray(start, start + partBytes - length);
      part.set(piece, length);
      length += piece.length;
      start += piece.length;
      if (length < partBytes) continue;
      yield part;
      part = new Uint8Array(partBytes);
      length = 0;
    }
  }
  if (length > 0) yield part.subarray(0, length);
}

async function* joined(
  first: readonly Uint8Array[],
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* first;
  yield* rest;
}

function unreadable(path: string, found: string): StorageError {
  return new StorageError({
    subject: path,
    found,
    expected: "an answer of the S3 API",
    remedy: "Check the bucket and the endpoint.",
  });
}
