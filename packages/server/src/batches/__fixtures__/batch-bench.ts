import type OpenAI from "openai";
import { toFile } from "openai";
import { clientOf, createTestApp } from "../../__fixtures__/service-app.ts";
import { fileRoutes } from "../../files/file-routes.ts";
import { FileStore } from "../../files/file-store.ts";
import type { ServiceApp } from "../../http/app.ts";
import { MemoryStorage } from "../../storage/memory-storage.ts";
import type { ImageStorage } from "../../storage/storage.ts";
import { batchRoutes } from "../batch-routes.ts";
import { BatchRunner, type BatchRunnerOptions } from "../batch-runner.ts";
import { BatchStore } from "../batch-store.ts";
import { FakeService } from "./fake-service.ts";

/** A line of a file of results. */
export interface ResultLine {
  readonly id: string;
  readonly custom_id: string | null;
  readonly response: {
    readonly status_code: number;
    readonly request_id: string;
    readonly body: Record<string, unknown>;
  } | null;
  readonly error: { readonly code: string; readonly message: string; readonly line?: number } | null;
}

/** A line of a batch. */
export function request(custom_id: string, prompt = custom_id): string {
  return JSON.stringify({ custom_id, method: "POST", url: "/v1/images/generations", body: { prompt } });
}

/** Lines `r0`, `r1` … */
export function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => request(`r${index}`));
}

/** Which lines the results are of, sorted. */
export function idsOf(lines: readonly ResultLine[]): (string | null)[] {
  return lines.map((line) => line.custom_id).sort();
}

/** Routes of files and batches over a storage, runners that are quick, and what tests do with them. */
export class BatchBench {
  readonly service: FakeService = new FakeService();
  readonly runners: BatchRunner[] = [];
  storage: ImageStorage = new MemoryStorage();
  #app: ServiceApp = this.#createApp();

  /** Goes on with another storage. */
  serve(storage: ImageStorage): void {
    this.storage = storage;
    this.#app = this.#createApp();
  }

  startRunner(options: Partial<BatchRunnerOptions> = {}): BatchRunner {
    const { storage, service } = this;
    const [files, store] = [new FileStore(storage), new BatchStore(storage)];
    const quick = { linesInFlight: 4, poll: 20, tick: 20, patience: 5, leaseTime: 200 };
    const runner = new BatchRunner({ files, store, service, ...quick, ...options });
    this.runners.push(runner);
    runner.start();
    return runner;
  }

  client(owner = "me"): OpenAI {
    return clientOf(() => this.#app, owner);
  }

  async createBatch(lines: readonly string[] | Buffer, metadata?: Record<string, string>): Promise<string> {
    const client = this.client();
    const content = Buffer.isBuffer(lines) ? lines : Buffer.from(lines.join("\n"));
    const file = await client.files.create({ file: await toFile(content, "lines.jsonl"), purpose: "batch" });
    const { id, status } = await client.batches.create({
      ...{ input_file_id: file.id, endpoint: "/v1/images/generations", completion_window: "24h" },
      ...(metadata === undefined ? {} : { metadata }),
    });
    if (status !== "validating") throw new Error(`A new batch is ${status}.`);
    return id;
  }

  async until(id: string, ...statuses: readonly string[]): Promise<OpenAI.Batch> {
    for (;;) {
      const batch = await this.client().batches.retrieve(id);
      if (statuses.includes(batch.status)) return batch;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async readResults(fileId: string | null | undefined): Promise<ResultLine[]> {
    if (fileId === undefined || fileId === null) return [];
    const text = await (await this.client().files.content(fileId)).text();
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as ResultLine);
  }

  /** What is in the storage while a batch runs. */
  async workKeys(): Promise<string[]> {
    const keys: string[] = [];
    for (const prefix of ["batch-work/", "open-batches/"]) {
      for await (const { key } of this.storage.list(prefix)) keys.push(key);
    }
    return keys;
  }

  async stop(): Promise<void> {
    for (const runner of this.runners) await runner.stop();
  }

  #createApp(): ServiceApp {
    const files = new FileStore(this.storage);
    const batches = new BatchStore(this.storage);
    const runner = { wake: () => this.runners.at(-1)?.wake() };
    return createTestApp((routes) => {
      fileRoutes(routes, { files });
      batchRoutes(routes, { files, batches, runner });
    });
  }
}
