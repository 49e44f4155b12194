import OpenAI, { toFile } from "openai";
import { createTestApp } from "../../__fixtures__/service-app.ts";
import { fileRoutes } from "../../files/file-routes.ts";
import { FileStore } from "../../files/file-store.ts";
import type { ServiceApp } from "../../http/app.ts";
import { MemoryStorage } from "../../storage/memory-storage.ts";
import type { ImageStorage } from "../../storage/storage.ts";
import { batchRoutes } from "../batch-routes.ts";
import { BatchRunner, type BatchRunnerOptions } from "../batch-runner.ts";
import { BatchStore } from "../batch-store.ts";
import { FakeService } from "./fake-service.ts";

/** A line of an output or error file. */
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

/** A line of an input file. */
export const request = (custom_id: string, prompt: string = custom_id): string =>
  JSON.stringify({ custom_id, method: "POST", url: "/v1/images/generations", body: { prompt } });

/** The requests `r0`, `r1` and so on. */
export const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => request(`r${i}`));

export const idsOf = (lines: readonly ResultLine[]): (string | null)[] =>
  lines.map((line) => line.custom_id).sort();

/** Routes and runners of batches over a storage, with a service that makes no images. */
export class BatchBench {
  storage: ImageStorage = new MemoryStorage();
  service = new FakeService();
  app: ServiceApp = createTestApp(() => {});
  readonly #runners: BatchRunner[] = [];

  reset(): void {
    this.service = new FakeService();
    this.serve(new MemoryStorage());
  }

  serve(storage: ImageStorage): void {
    this.storage = storage;
    const files = new FileStore(storage);
    const batches = new BatchStore(storage);
    const runner = { wake: () => this.#runners.at(-1)?.wake() };
    this.app = createTestApp((routes) => {
      fileRoutes(routes, { files });
      batchRoutes(routes, { files, batches, runner });
    });
  }

  startRunner(options: Partial<BatchRunnerOptions> = {}): BatchRunner {
    const [files, store] = [new FileStore(this.storage), new BatchStore(this.storage)];
    const quick = { linesInFlight: 4, poll: 20, tick: 20, patience: 5, leaseTime: 200 };
    const runner = new BatchRunner({ files, store, service: this.service, ...quick, ...options });
    this.#runners.push(runner);
    runner.start();
    return runner;
  }

  async stop(): Promise<void> {
    for (const runner of this.#runners.splice(0)) await runner.stop();
  }

  client(owner = "me"): OpenAI {
    return new OpenAI({
      ...{ apiKey: "key", baseURL: "http://service.test/v1", maxRetries: 0 },
      defaultHeaders: { "x-owner": owner },
      fetch: async (url, init) => this.app.fetch(new Request(url as string, init)),
    });
  }

  /** Uploads lines and creates a batch of them. @returns Its id. */
  async createBatch(lines: readonly string[] | Buffer, metadata?: Record<string, string>): Promise<string> {
    const content = Buffer.isBuffer(lines) ? lines : Buffer.from(lines.join("\n"));
    const file = await this.client().files.create({
      file: await toFile(content, "lines.jsonl"),
      purpose: "batch",
    });
    const { id } = await this.client().batches.create({
      ...{ input_file_id: file.id, endpoint: "/v1/images/generations", completion_window: "24h" },
      ...(metadata === undefined ? {} : { metadata }),
    });
    return id;
  }

  /** Waits until a batch has one of the statuses. */
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
}
