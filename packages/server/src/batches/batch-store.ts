import { isRecord } from "@onestep/core/internal";
import { type Page, toPage } from "../files/file-store.ts";
import { ApiError } from "../http/api-error.ts";
import { orderedId, ownerFolder } from "../ids.ts";
import { parseJsonRecord } from "../records.ts";
import type { ImageStorage } from "../storage/storage.ts";
import { type Batch, type BatchRecord, type BatchState, isFinal, toBatch } from "./batch-object.ts";

/** A batch that has not ended. */
export interface OpenBatch {
  readonly id: string;
  /** The folder of its owner. */
  readonly folder: string;
}

const daySeconds = 86_400;
const readsAtOnce = 16;

/**
 * The records of batches in a storage. Each object has one writer: `batch.json` is written when the batch is created,
 * `cancel.json` when it is to be cancelled, `state.json` by the runner that holds its lease, and `final.json` once, at its
 * end. `open-batches/` lists those that have not ended.
 */
export class BatchStore {
  readonly storage: ImageStorage;

  constructor(storage: ImageStorage) {
    this.storage = storage;
  }

  async create(
    batch: Pick<BatchRecord, "owner" | "endpoint" | "inputFileId" | "metadata" | "outputExpiresAfter">,
  ): Promise<Batch> {
    const createdAt = Math.floor(Date.now() / 1000);
    const record: BatchRecord = {
      ...batch,
      id: orderedId("batch"),
      createdAt,
      expiresAt: createdAt + daySeconds,
      outputFileId: orderedId("file"),
      errorFileId: orderedId("file"),
    };
    const folder = await ownerFolder(batch.owner);
    await this.#write(openKey({ folder, id: record.id }), {});
    await this.#write(keyOf(folder, record.id, "batch"), record);
    return toBatch(record, {}, undefined);
  }

  /** @throws ApiError 404 if the owner has no such batch. */
  async get(owner: string, id: string): Promise<Batch> {
    const batch = isBatchId(id) ? await this.#find(await ownerFolder(owner), id) : undefined;
    if (batch !== undefined) return batch;
    const message = `There is no batch ${JSON.stringify(id.slice(0, 100))}.`;
    throw new ApiError({ status: 404, code: "batch_not_found", param: "batch_id", message });
  }

  /** The batches of an owner, newest first. */
  async list(
    owner: string,
    { limit, after }: { readonly limit: number; readonly after?: string | undefined },
  ): Promise<Page<Batch>> {
    const folder = await ownerFolder(owner);
    const ids: string[] = [];
    for await (const { key } of this.storage.list(`batches/${folder}/`)) {
      const [, id] = /\/([^/]+)\/batch\.json$/.exec(key) ?? [];
      if (id !== undefined && (after === undefined || id < after)) ids.push(id);
    }
    const next = ids.reverse().slice(0, limit + 1);
    const found: Batch[] = [];
    for (let start = 0; start < next.length; start += readsAtOnce) {
      const some = next.slice(start, start + readsAtOnce).map((id) => this.#find(folder, id));
      found.push(...(await Promise.all(some)).filter((batch) => batch !== undefined));
    }
    return toPage(found, limit);
  }

  /**
   * Asks for a batch to be cancelled. The runner that has it does so.
   *
   * @throws ApiError 404 if the owner has no such batch, 400 if it has ended.
   */
  async cancel(owner: string, id: string): Promise<Batch> {
    const batch = await this.get(owner, id);
    if (isFinal(batch.status)) {
      const message = `The batch cannot be cancelled: it is ${batch.status}.`;
      throw new ApiError({ status: 400, code: "invalid_status", message });
    }
    const at = Math.floor(Date.now() / 1000);
    const data = new TextEncoder().encode(JSON.stringify({ at }));
    await this.storage.put(keyOf(await ownerFolder(owner), id, "cancel"), data);
    return await this.get(owner, id);
  }

  /** The batches that have not ended, oldest first for each owner. */
  async listOpen(): Promise<readonly OpenBatch[]> {
    const open: OpenBatch[] = [];
    for await (const { key } of this.storage.list("open-batches/")) {
      const [, folder, id] = key.split("/");
      if (folder !== undefined && id !== undefined) open.push({ folder, id });
    }
    return open;
  }

  /** What a runner has to know of a batch; undefined if it has ended, or has no record yet. */
  async readOpen({
    folder,
    id,
  }: OpenBatch): Promise<{ readonly record: BatchRecord; readonly state: BatchState } | undefined> {
    const record = await this.#read(keyOf(folder, id, "batch"));
    if (record === undefined || (await this.#read(keyOf(folder, id, "final"))) !== undefined)
      return undefined;
    const state = (await this.#read(keyOf(folder, id, "state"))) ?? {};
    return { record: record as unknown as BatchRecord, state: state as BatchState };
  }

  async hasEnded({ folder, id }: OpenBatch): Promise<boolean> {
    return (await this.#read(keyOf(folder, id, "final"))) !== undefined;
  }

  async isCancelled({ folder, id }: OpenBatch): Promise<boolean> {
    return (await this.#read(keyOf(folder, id, "cancel"))) !== undefined;
  }

  async writeState({ folder, id }: OpenBatch, state: BatchState): Promise<void> {
    await this.#write(keyOf(folder, id, "state"), state);
  }

  /** Ends a batch. Of two runners that do so, the first counts. */
  async finish(batch: OpenBatch, state: BatchState): Promise<void> {
    const { folder, id } = batch;
    const data = new TextEncoder().encode(JSON.stringify(state));
    await this.storage.put(keyOf(folder, id, "final"), data);
    await this.close(batch);
  }

  /** Takes a batch off the list of open ones, and deletes what only its run needed. */
  async close(batch: OpenBatch): Promise<void> {
    for await (const { key } of this.storage.list(workPrefix(batch))) await this.storage.delete([key]);
    await this.storage.delete([openKey(batch), keyOf(batch.folder, batch.id, "state")]);
  }

  /** Deletes the records of batches that are older than a file of theirs can be. */
  async sweep(): Promise<void> {
    await this.storage.expire("batches/", 35 * daySeconds);
  }

  async #find(folder: string, id: string): Promise<Batch | undefined> {
    const read = (name: "batch" | "final" | "state" | "cancel") => this.#read(keyOf(folder, id, name));
    const [record, state, cancel] = await Promise.all([read("batch"), read("state"), read("cancel")]);
    if (record === undefined) return undefined;
    // Read last: the state is deleted when this has been written.
    const final = await read("final");
    const at = cancel?.["at"];
    return toBatch(
      record as unknown as BatchRecord,
      (final ?? state ?? {}) as BatchState,
      typeof at === "number" ? at : undefined,
    );
  }

  async #read(key: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    const record = parseJsonRecord(await this.storage.get(key));
    return isRecord(record) ? record : undefined;
  }

  async #write(key: string, value: object): Promise<void> {
    await this.storage.put(key, new TextEncoder().encode(JSON.stringify(value)), { replace: true });
  }
}

/** Where the results and the lease of a batch are while it runs. */
export function workPrefix({ folder, id }: OpenBatch): string {
  return `batch-work/${folder}/${id}/`;
}

function openKey({ folder, id }: OpenBatch): string {
  return `open-batches/${folder}/${id}`;
}

function keyOf(folder: string, id: string, name: "batch" | "final" | "state" | "cancel"): string {
  return `batches/${folder}/${id}/${name}.json`;
}

function isBatchId(id: string): boolean {
  return /^batch_[0-9a-z]{9,40}$/.test(id);
}
