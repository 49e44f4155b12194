import { ApiError } from "../http/api-error.ts";
import { orderedId, ownerFolder } from "../ids.ts";
import { parseJsonRecord } from "../records.ts";
import type { ImageStorage } from "../storage/storage.ts";

/** What a file is for. Those of results are made by batches. */
export type FilePurpose = "batch" | "batch_output" | "vision" | "user_data";

/** A file as clients see it. */
export interface FileObject {
  readonly id: string;
  readonly object: "file";
  readonly bytes: number;
  /** In seconds since 1970, as all times here. */
  readonly created_at: number;
  /** As the client named it. It is never used as a path. */
  readonly filename: string;
  readonly purpose: FilePurpose;
  /** Always `processed`; clients of OpenAI wait for it. */
  readonly status: "processed";
  readonly expires_at?: number;
}

/** A file to add. */
export interface NewFile {
  /** A new id if left out. One that exists is replaced. */
  readonly id?: string | undefined;
  readonly filename: string;
  readonly purpose: FilePurpose;
  readonly bytes: number;
  /** Seconds from now; of files of batches, 30 days if left out, and never otherwise. */
  readonly expiresAfter?: number | undefined;
}

/** Which files of an owner to list. */
export interface FileQuery {
  readonly limit: number;
  readonly order: "asc" | "desc";
  /** The id of the last file that is known. */
  readonly after?: string | undefined;
  readonly purpose?: string | undefined;
}

/** One page of a list, as clients see it. */
export interface Page<Item> {
  readonly object: "list";
  readonly data: readonly Item[];
  readonly has_more: boolean;
  readonly first_id: string | null;
  readonly last_id: string | null;
}

const batchFileSeconds = 30 * 86_400;
const orphanSeconds = 86_400;
const readsAtOnce = 16;

/**
 * The files of owners, in a storage: `files/<owner>/<id>.bin` is the content, and `<id>.json` the record, which is written
 * last and deleted first. A file of another owner is as good as none.
 */
export class FileStore {
  readonly #storage: ImageStorage;

  constructor(storage: ImageStorage) {
    this.#storage = storage;
  }

  /** Writes the content of a file that is not there yet. Returns its id. */
  async write(
    owner: string,
    content: ReadableStream<Uint8Array> | Uint8Array,
    id: string = orderedId("file"),
  ): Promise<string> {
    await this.#storage.put(await keyOf(owner, id, "bin"), content, { replace: true });
    return id;
  }

  /** Adds a file whose content was written before. */
  async add(owner: string, id: string, file: Omit<NewFile, "id">): Promise<FileObject> {
    const createdAt = Math.floor(Date.now() / 1000);
    const isOfBatch = file.purpose === "batch" || file.purpose === "batch_output";
    const seconds = file.expiresAfter ?? (isOfBatch ? batchFileSeconds : undefined);
    const record: FileObject = {
      id,
      object: "file",
      bytes: file.bytes,
      created_at: createdAt,
      filename: file.filename,
      purpose: file.purpose,
      status: "processed",
      ...(seconds === undefined ? {} : { expires_at: createdAt + seconds }),
    };
    const bytes = new TextEncoder().encode(JSON.stringify(record));
    await this.#storage.put(await keyOf(owner, id, "json"), bytes, { replace: true });
    return record;
  }

  /** Forgets content that was written for a file that is not added. */
  async discard(owner: string, id: string): Promise<void> {
    await this.#storage.delete([await keyOf(owner, id, "bin")]);
  }

  /** The record of a file; undefined if the owner has none of that id, or it has expired. */
  async find(owner: string, id: string): Promise<FileObject | undefined> {
    if (!isFileId(id)) return undefined;
    const record = readRecord(await this.#storage.get(await keyOf(owner, id, "json")));
    return record === undefined || hasExpired(record) ? undefined : record;
  }

  /** @throws ApiError 404 if the owner has no such file. */
  async get(owner: string, id: string): Promise<FileObject> {
    const record = await this.find(owner, id);
    if (record !== undefined) return record;
    throw noSuchFile(id);
  }

  /** The content of a file. @throws ApiError 404 if the owner has no such file. */
  async open(owner: string, id: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const record = await this.find(owner, id);
    const content = record && (await this.#storage.open(await keyOf(owner, id, "bin")));
    if (content !== undefined) return content;
    throw noSuchFile(id);
  }

  /** The bytes of a small file, such as an image; undefined if the owner has none of that id. */
  async read(owner: string, id: string, maxBytes: number): Promise<Uint8Array | undefined> {
    const record = await this.find(owner, id);
    if (record === undefined) return undefined;
    if (record.bytes <= maxBytes) return await this.#storage.get(await keyOf(owner, id, "bin"));
    const message = `The file ${id} has ${record.bytes} bytes; at most ${maxBytes} are accepted here.`;
    throw new ApiError({ status: 413, code: "file_too_large", message });
  }

  async list(owner: string, { limit, order, after, purpose }: FileQuery): Promise<Page<FileObject>> {
    const ids: string[] = [];
    for await (const { key } of this.#storage.list(`files/${await ownerFolder(owner)}/`)) {
      const [, id] = /\/([^/]+)\.json$/.exec(key) ?? [];
      if (id !== undefined) ids.push(id);
    }
    if (order === "desc") ids.reverse();
    const isNext = (id: string): boolean =>
      after === undefined || (order === "asc" ? id > after : id < after);
    const next = ids.filter(isNext);
    const found: FileObject[] = [];
    for (let start = 0; start < next.length && found.length <= limit; start += readsAtOnce) {
      const records = await Promise.all(
        next.slice(start, start + readsAtOnce).map((id) => this.find(owner, id)),
      );
      found.push(
        ...(records.filter(
          (record) => record !== undefined && (purpose === undefined || record.purpose === purpose),
        ) as FileObject[]),
      );
    }
    return toPage(found, limit);
  }

  /** @returns Whether the owner had such a file. */
  async delete(owner: string, id: string): Promise<boolean> {
    const record = await this.find(owner, id);
    if (record === undefined) return false;
    await this.#storage.delete([await keyOf(owner, id, "json")]);
    await this.#storage.delete([await keyOf(owner, id, "bin")]);
    return true;
  }

  /** Deletes files that have expired, and contents of uploads that broke off more than a day ago. */
  async sweep(): Promise<void> {
    let content: string | undefined;
    for await (const { key } of this.#storage.list("files/")) {
      // The content of a file comes before its record.
      if (content !== undefined && key !== recordKey(content)) await this.#deleteOrphan(content);
      content = key.endsWith(".bin") ? key : undefined;
      if (!key.endsWith(".json")) continue;
      const record = readRecord(await this.#storage.get(key));
      if (record === undefined || !hasExpired(record)) continue;
      await this.#storage.delete([key]);
      await this.#storage.delete([key.replace(/json$/, "bin")]);
    }
    if (content !== undefined) await this.#deleteOrphan(content);
  }

  async #deleteOrphan(key: string): Promise<void> {
    const [, time = ""] = /\/file_([0-9a-z]{9})[^/]*$/.exec(key) ?? [];
    const age = Date.now() - Number.parseInt(time, 36);
    if (age > orphanSeconds * 1000) await this.#storage.delete([key]);
  }
}

/** The first items of a list as a page. */
export function toPage<Item extends { readonly id: string }>(
  items: readonly Item[],
  limit: number,
): Page<Item> {
  const data = items.slice(0, limit);
  return {
    object: "list",
    data,
    has_more: items.length > data.length,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
}

function isFileId(id: string): boolean {
  return /^file_[0-9a-z]{9,40}$/.test(id);
}

async function keyOf(owner: string, id: string, ending: "bin" | "json"): Promise<string> {
  return `files/${await ownerFolder(owner)}/${id}.${ending}`;
}

function recordKey(content: string): string {
  return content.replace(/bin$/, "json");
}

function readRecord(bytes: Uint8Array | undefined): FileObject | undefined {
  const record = parseJsonRecord(bytes);
  return record === undefined || typeof record["id"] !== "string"
    ? undefined
    : (record as unknown as FileObject);
}

function hasExpired({ expires_at: expiresAt }: FileObject): boolean {
  return expiresAt !== undefined && expiresAt * 1000 <= Date.now();
}

function noSuchFile(id: string): ApiError {
  const message = `There is no file ${JSON.stringify(id.slice(0, 100))}.`;
  return new ApiError({ status: 404, code: "file_not_found", param: "file_id", message });
}
