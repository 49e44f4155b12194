import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI, { toFile } from "openai";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ChildProgram } from "../__fixtures__/child-program.ts";
import { createTestApp } from "../__fixtures__/service-app.ts";
import { StorageError } from "../errors.ts";
import { fileRoutes } from "../files/file-routes.ts";
import { FileStore } from "../files/file-store.ts";
import { ApiError } from "../http/api-error.ts";
import type { ServiceApp } from "../http/app.ts";
import { FolderStorage } from "../storage/folder-storage.node.ts";
import { MemoryStorage } from "../storage/memory-storage.ts";
import type { ImageStorage } from "../storage/storage.ts";
import { FakeService, untilAborted } from "./__fixtures__/fake-service.ts";
import { batchRoutes } from "./batch-routes.ts";
import { BatchRunner, type BatchRunnerOptions } from "./batch-runner.ts";
import { BatchStore } from "./batch-store.ts";

let storage: ImageStorage;
let service: FakeService;
let app: ServiceApp;
let runners: BatchRunner[];

beforeEach(() => {
  service = new FakeService();
  runners = [];
  serve(new MemoryStorage());
});
afterEach(async () => {
  vi.useRealTimers();
  for (const runner of runners) await runner.stop();
});

function serve(own: ImageStorage): void {
  storage = own;
  const files = new FileStore(storage);
  const batches = new BatchStore(storage);
  const runner = { wake: () => runners.at(-1)?.wake() };
  app = createTestApp((routes) => {
    fileRoutes(routes, { files });
    batchRoutes(routes, { files, batches, runner });
  });
}

function startRunner(options: Partial<BatchRunnerOptions> = {}): BatchRunner {
  const [files, store] = [new FileStore(storage), new BatchStore(storage)];
  const quick = { linesInFlight: 4, poll: 20, tick: 20, patience: 5, leaseTime: 200 };
  const runner = new BatchRunner({ files, store, service, ...quick, ...options });
  runners.push(runner);
  runner.start();
  return runner;
}

function client(owner = "me"): OpenAI {
  return new OpenAI({
    ...{
      apiKey: "key",
      baseURL: "http://service.test/v1",
      maxRetries: 0,
      defaultHeaders: { "x-owner": owner },
    },
    fetch: async (url, init) => app.fetch(new Request(url as string, init)),
  });
}

const request = (custom_id: string, prompt = custom_id): string =>
  JSON.stringify({ custom_id, method: "POST", url: "/v1/images/generations", body: { prompt } });

const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => request(`r${i}`));

async function createBatch(
  lines: readonly string[] | Buffer,
  metadata?: Record<string, string>,
): Promise<string> {
  const content = Buffer.isBuffer(lines) ? lines : Buffer.from(lines.join("\n"));
  const file = await client().files.create({ file: await toFile(content, "lines.jsonl"), purpose: "batch" });
  const { id, status } = await client().batches.create({
    ...{ input_file_id: file.id, endpoint: "/v1/images/generations", completion_window: "24h" },
    ...(metadata === undefined ? {} : { metadata }),
  });
  expect(status).toBe("validating");
  return id;
}

async function until(id: string, ...statuses: readonly string[]): Promise<OpenAI.Batch> {
  for (;;) {
    const batch = await client().batches.retrieve(id);
    if (statuses.includes(batch.status)) return batch;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

interface ResultLine {
  readonly id: string;
  readonly custom_id: string | null;
  readonly response: {
    readonly status_code: number;
    readonly request_id: string;
    readonly body: Record<string, unknown>;
  } | null;
  readonly error: { readonly code: string; readonly message: string; readonly line?: number } | null;
}

async function readResults(fileId: string | null | undefined): Promise<ResultLine[]> {
  if (fileId === undefined || fileId === null) return [];
  const text = await (await client().files.content(fileId)).text();
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as ResultLine);
}

const ids = (lines: readonly ResultLine[]): (string | null)[] => lines.map((line) => line.custom_id).sort();

async function workKeys(): Promise<string[]> {
  const keys: string[] = [];
  for (const prefix of ["batch-work/", "open-batches/"]) {
    for await (const { key } of storage.list(prefix)) keys.push(key);
  }
  return keys;
}

describe("/v1/batches", () => {
  it("runs a batch to its end, with OpenAI's client", async () => {
    service.before = () => new Promise((resolve) => setTimeout(resolve, 2));
    startRunner();
    const id = await createBatch(numbered(30), { project: "test" });
    const batch = await until(id, "completed");
    expect(batch).toMatchObject({
      ...{ id, object: "batch", endpoint: "/v1/images/generations", completion_window: "24h" },
      request_counts: { total: 30, completed: 30, failed: 0 },
      metadata: { project: "test" },
    });
    expect(batch.error_file_id).toBeUndefined();
    expect(batch.in_progress_at).toBeTypeOf("number");
    expect(batch.finalizing_at).toBeTypeOf("number");
    expect(batch.completed_at).toBeTypeOf("number");
    expect(batch.expires_at).toBe(batch.created_at + 86_400);
    const lines = await readResults(batch.output_file_id);
    expect(ids(lines)).toEqual(Array.from({ length: 30 }, (_, i) => `r${i}`).sort());
    const [line] = lines;
    expect(line?.id).toMatch(/^batch_req_\w+_\d+$/);
    expect(line?.error).toBeNull();
    expect(line?.response?.status_code).toBe(200);
    expect(line?.response?.body["data"]).toEqual([{ b64_json: btoa(`${line?.custom_id} 0`), seed: 0 }]);
    expect(service.mostRunning).toBe(4);
    expect([...service.discarded].sort()).toEqual(service.calls.map((call) => `images/${call}`).sort());
    expect(new Set(service.calls).size).toBe(30);
    expect(service.calls.every((call) => call.startsWith(`${id}-`))).toBe(true);
    const file = await client().files.retrieve(batch.output_file_id ?? "");
    expect(file).toMatchObject({ purpose: "batch_output", filename: `${id}_output.jsonl` });
    await vi.waitFor(async () => expect(await workKeys()).toEqual([]));
  });

  it("puts bad lines and refused requests into the error file, and runs the others", async () => {
    startRunner();
    const lines = [
      request("a"),
      "{ broken",
      "",
      request("a", "again"),
      '{"custom_id":"m","method":"GET","url":"/v1/images/generations","body":{}}',
      '{"custom_id":"u","method":"POST","url":"/v1/images/edits","body":{}}',
      '{"custom_id":"b","method":"POST","url":"/v1/images/generations"}',
      '{"custom_id":"s","method":"POST","url":"/v1/images/generations","body":{"stream":true}}',
      '{"custom_id":7,"method":"POST","url":"/v1/images/generations","body":{}}',
      request("refused", "bad"),
      `${request("last")}\r`,
    ];
    const batch = await until(await createBatch(lines), "completed");
    expect(batch.request_counts).toEqual({ total: 10, completed: 2, failed: 8 });
    expect(ids(await readResults(batch.output_file_id))).toEqual(["a", "last"]);
    const errors = await readResults(batch.error_file_id);
    const shown = errors.map(({ custom_id, error, response }) => [
      error?.line,
      custom_id,
      error?.code ?? response?.status_code,
    ]);
    expect(shown.sort((one, other) => Number(one[0] ?? 99) - Number(other[0] ?? 99))).toEqual([
      [2, null, "invalid_json_line"],
      [4, null, "invalid_value"],
      [5, "m", "invalid_value"],
      [6, "u", "invalid_value"],
      [7, "b", "invalid_value"],
      [8, "s", "invalid_value"],
      [9, null, "invalid_value"],
      [undefined, "refused", 400],
    ]);
    const refused = errors.find(({ custom_id }) => custom_id === "refused");
    expect(refused?.response?.body).toMatchObject({ error: { code: "invalid_value", param: "prompt" } });
  });

  it.each<[string, string[] | Buffer, string]>([
    ["is empty", [""], "empty_file"],
    ["has blank lines only", ["", "  ", "\r"], "empty_file"],
    ["is an image", Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 1, 2]), "invalid_json_line"],
    ["has no valid line", ["{}", "[]"], "invalid_value"],
    ["has too many lines", numbered(6), "too_many_requests"],
  ])("fails a batch whose file %s", async (_what, content, code) => {
    startRunner({ maxLines: 5 });
    const batch = await until(await createBatch(content), "failed");
    expect(batch.errors?.data?.[0]).toMatchObject({ code });
    expect(batch.failed_at).toBeTypeOf("number");
    expect(service.calls).toEqual([]);
    await vi.waitFor(async () => expect(await workKeys()).toEqual([]));
  });

  it("fails a batch whose file was deleted", async () => {
    const id = await createBatch(numbered(3));
    const { input_file_id: file } = await client().batches.retrieve(id);
    await client().files.delete(file);
    startRunner();
    expect((await until(id, "failed")).errors?.data?.[0]).toMatchObject({ code: "invalid_file" });
  });

  it("takes long lines, and refuses one that is too long", async () => {
    startRunner({ lineBytes: 300_000 });
    const lines = [
      request("long", "x".repeat(200_000)),
      request("longer", "x".repeat(300_000)),
      request("short"),
    ];
    const batch = await until(await createBatch(lines), "completed");
    expect(ids(await readResults(batch.output_file_id))).toEqual(["long", "short"]);
    expect((await readResults(batch.error_file_id))[0]?.error).toMatchObject({ line: 2 });
  });

  it("waits when the service is overloaded, and fails nothing", async () => {
    const refusals = new Map<string, number>();
    service.before = (prompt) => {
      const count = refusals.get(prompt) ?? 0;
      refusals.set(prompt, count + 1);
      if (count < 3)
        throw new ApiError({
          status: count === 1 ? 429 : 503,
          code: "busy",
          message: "Busy.",
          retryAfter: 1,
        });
    };
    startRunner();
    const batch = await until(await createBatch(numbered(6)), "completed");
    expect(batch.request_counts).toEqual({ total: 6, completed: 6, failed: 0 });
    expect(service.calls).toHaveLength(24);
  });

  it("gives up on a line that fails again and again, in words without the inside", async () => {
    service.before = (prompt) => {
      if (prompt === "r1") throw new Error("/home/secret");
    };
    startRunner();
    const batch = await until(await createBatch(numbered(3)), "completed");
    expect(batch.request_counts).toEqual({ total: 3, completed: 2, failed: 1 });
    const [error] = await readResults(batch.error_file_id);
    expect(error?.response?.status_code).toBe(500);
    expect(JSON.stringify(error)).not.toContain("secret");
    expect(service.calls.filter((call) => call.endsWith("-2"))).toHaveLength(3);
  });

  it("makes an image again that has expired", async () => {
    service.before = (prompt, { jobId = "" }) => {
      if (prompt === "r0" && !jobId.endsWith("-again3")) {
        throw new ApiError({ status: 410, code: "result_expired", message: "Gone.", shouldRetry: false });
      }
    };
    startRunner();
    expect((await until(await createBatch(numbered(2)), "completed")).request_counts?.completed).toBe(2);
  });

  it("waits when the storage refuses, and loses nothing", async () => {
    const id = await createBatch(numbered(10));
    const put = storage.put.bind(storage);
    let refusals = 0;
    vi.spyOn(storage, "put").mockImplementation(async (key, data, options) => {
      if (key.includes("/results/") && refusals < 5) {
        refusals += 1;
        throw new StorageError("The disk is full.");
      }
      return await put(key, data, options);
    });
    startRunner();
    const batch = await until(id, "completed");
    expect(batch.request_counts?.completed).toBe(10);
    expect(refusals).toBe(5);
    expect(new Set(service.calls).size).toBe(service.calls.length);
    expect(ids(await readResults(batch.output_file_id))).toHaveLength(10);
  });

  it("is cancelled, and keeps what is done", async () => {
    service.before = async (prompt, call) => {
      if (Number(prompt.slice(1)) >= 3) await untilAborted(call);
    };
    startRunner();
    const id = await createBatch(numbered(20));
    await vi.waitFor(async () => {
      expect((await client().batches.retrieve(id)).request_counts?.completed).toBe(3);
    });
    expect((await client().batches.cancel(id)).status).toBe("cancelling");
    const batch = await until(id, "cancelled");
    expect(batch.request_counts).toEqual({ total: 20, completed: 3, failed: 17 });
    expect(batch.cancelled_at).toBeTypeOf("number");
    expect(ids(await readResults(batch.output_file_id))).toEqual(["r0", "r1", "r2"]);
    const errors = await readResults(batch.error_file_id);
    expect(new Set(errors.map(({ error }) => error?.code))).toEqual(new Set(["batch_cancelled"]));
    expect(new Set(ids(errors)).size).toBe(17);
    await expect(client().batches.cancel(id)).rejects.toMatchObject({ status: 400 });
  });

  it("is cancelled before it starts", async () => {
    const id = await createBatch(numbered(3));
    await client().batches.cancel(id);
    startRunner();
    expect((await until(id, "cancelled")).request_counts).toEqual({ total: 3, completed: 0, failed: 3 });
    expect(service.calls).toEqual([]);
  });

  it("expires after a day, and keeps what is done", async () => {
    service.before = async (prompt, call) => {
      if (prompt !== "r0") await untilAborted(call);
    };
    startRunner();
    const id = await createBatch(numbered(6));
    await vi.waitFor(async () => {
      expect((await client().batches.retrieve(id)).request_counts?.completed).toBe(1);
    });
    const later = Date.now() + 86_401_000;
    vi.spyOn(Date, "now").mockReturnValue(later);
    const batch = await until(id, "expired");
    expect(batch.request_counts).toEqual({ total: 6, completed: 1, failed: 5 });
    expect((await readResults(batch.error_file_id))[0]?.error?.code).toBe("batch_expired");
  });

  it("goes on where it was when its runner is stopped", async () => {
    service.before = async (prompt, call) => {
      if (Number(prompt.slice(1)) >= 8) await untilAborted(call);
    };
    const first = startRunner();
    const id = await createBatch(numbered(20));
    await vi.waitFor(async () => {
      expect((await client().batches.retrieve(id)).request_counts?.completed).toBe(8);
    });
    await first.stop();
    expect((await client().batches.retrieve(id)).status).toBe("in_progress");
    service.before = () => {};
    const calls = service.calls.length;
    startRunner();
    const batch = await until(id, "completed");
    expect(ids(await readResults(batch.output_file_id))).toHaveLength(20);
    expect(service.calls.length - calls).toBe(12);
  });

  it("is run by one of several runners at a time", async () => {
    service.before = () => new Promise((resolve) => setTimeout(resolve, 2));
    for (let i = 0; i < 3; i++) startRunner();
    const batches = await Promise.all([1, 2, 3, 4, 5].map(() => createBatch(numbered(20))));
    for (const id of batches) {
      const batch = await until(id, "completed");
      expect(ids(await readResults(batch.output_file_id))).toHaveLength(20);
    }
    expect(service.calls).toHaveLength(100);
    await vi.waitFor(async () => expect(await workKeys()).toEqual([]));
  });

  it("is taken over when its runner shows no life, and each line appears once", async () => {
    const stuck = new FakeService();
    let free: () => void = () => {};
    const blocked = new Promise<void>((resolve) => {
      free = resolve;
    });
    stuck.before = (prompt) => (Number(prompt.slice(1)) >= 5 ? blocked : undefined);
    // Its writes of the lease do not arrive any more.
    const cut: ImageStorage = Object.create(storage);
    let isCut = false;
    cut.put = async (key, data, options) => {
      if (isCut && key.includes("/lease/")) throw new StorageError("Away.");
      return await storage.put(key, data, options);
    };
    cut.list = (prefix) => storage.list(prefix);
    cut.get = (key) => storage.get(key);
    cut.open = (key) => storage.open(key);
    cut.delete = (keys) => storage.delete(keys);
    startRunner({ store: new BatchStore(cut), files: new FileStore(cut), service: stuck });
    const id = await createBatch(numbered(12));
    await vi.waitFor(async () => {
      expect((await client().batches.retrieve(id)).request_counts?.completed).toBe(5);
    });
    isCut = true;
    startRunner();
    const batch = await until(id, "completed");
    free();
    expect(ids(await readResults(batch.output_file_id))).toEqual(
      Array.from({ length: 12 }, (_, i) => `r${i}`).sort(),
    );
    expect(service.calls).toHaveLength(7);
  });

  it("goes on after its process was killed, and each line appears once", async () => {
    const folder = await mkdtemp(join(tmpdir(), "onestep-batches-"));
    const program = await ChildProgram.build(new URL("__fixtures__/run-batches.ts", import.meta.url));
    serve(await FolderStorage.open(folder));
    const id = await createBatch([...numbered(60), "{ broken", request("refused", "bad")]);
    let made = 0;
    for (let round = 0; round < 4; round++) {
      const child = program.start(folder);
      child.process.on("message", () => {
        made += 1;
      });
      for (let i = 0; i < 14; i++) await child.message();
      await child.kill();
    }
    startRunner({ isAlone: true });
    const batch = await until(id, "completed");
    expect(batch.request_counts).toEqual({ total: 62, completed: 60, failed: 2 });
    expect(ids(await readResults(batch.output_file_id))).toEqual(
      Array.from({ length: 60 }, (_, i) => `r${i}`).sort(),
    );
    expect(ids(await readResults(batch.error_file_id))).toEqual([null, "refused"].sort());
    // At most what was under way when a process was killed is made twice.
    expect(made + service.calls.length).toBeLessThanOrEqual(61 + 4 * 14);
    expect(service.calls.length).toBeLessThan(61);
    await program.remove();
    for (const runner of runners.splice(0)) await runner.stop();
    await rm(folder, { recursive: true });
  });

  it("lists batches in pages, of their owner alone", async () => {
    const made: string[] = [];
    for (let i = 0; i < 3; i++) {
      made.push(await createBatch([""]));
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    const page = await client().batches.list({ limit: 2 });
    expect(page.data.map(({ id }) => id)).toEqual([made[2], made[1]]);
    expect(page.has_more).toBe(true);
    const all: string[] = [];
    for await (const { id } of client().batches.list({ limit: 1 })) all.push(id);
    expect(all).toEqual([...made].reverse());
    expect((await client("other").batches.list()).data).toEqual([]);
    await expect(client("other").batches.retrieve(made[0] ?? "")).rejects.toMatchObject({ status: 404 });
    await expect(client("other").batches.cancel(made[0] ?? "")).rejects.toMatchObject({ status: 404 });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["no file", { input_file_id: undefined }, "input_file_id"],
    ["an unknown file", { input_file_id: "file_none0000000" }, "input_file_id"],
    ["another window", { completion_window: "1h" }, "completion_window"],
    ["another endpoint", { endpoint: "/v1/chat/completions" }, "endpoint"],
    [
      "too much metadata",
      { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, "v"])) },
      "metadata",
    ],
    ["a long key", { metadata: { ["k".repeat(65)]: "v" } }, "metadata"],
    ["a long value", { metadata: { k: "v".repeat(513) } }, "metadata"],
    ["metadata of numbers", { metadata: { k: 1 } }, "metadata"],
    [
      "a wrong expiry",
      { output_expires_after: { anchor: "created_at", seconds: 5 } },
      "output_expires_after[seconds]",
    ],
  ])("refuses a batch with %s", async (_what, changes, param) => {
    const file = await client().files.create({
      file: await toFile(Buffer.from(request("a")), "x"),
      purpose: "batch",
    });
    const body = {
      input_file_id: file.id,
      endpoint: "/v1/images/generations",
      completion_window: "24h",
      ...changes,
    };
    await expect(client().batches.create(body as never)).rejects.toMatchObject({ status: 400, param });
    await vi.waitFor(async () => expect(await workKeys()).toEqual([]));
  });

  it("refuses a file that is not for batches, or another owner's", async () => {
    const file = await client().files.create({
      file: await toFile(Buffer.from("x"), "x"),
      purpose: "vision",
    });
    const body = {
      input_file_id: file.id,
      endpoint: "/v1/images/generations",
      completion_window: "24h",
    } as const;
    await expect(client().batches.create(body)).rejects.toMatchObject({
      status: 400,
      param: "input_file_id",
    });
    await expect(client("other").batches.create(body)).rejects.toMatchObject({
      status: 400,
      param: "input_file_id",
    });
  });
});
