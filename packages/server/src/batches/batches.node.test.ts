import { toFile } from "openai";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BatchBench, idsOf, numbered, request } from "./__fixtures__/batch-bench.ts";

const bench = new BatchBench();
beforeEach(() => bench.reset());
afterEach(async () => {
  vi.useRealTimers();
  await bench.stop();
});

describe("/v1/batches", () => {
  it("runs a batch to its end, with OpenAI's client", async () => {
    bench.service.before = () => new Promise((resolve) => setTimeout(resolve, 2));
    bench.startRunner();
    const id = await bench.createBatch(numbered(30), { project: "test" });
    const batch = await bench.until(id, "completed");
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
    const lines = await bench.readResults(batch.output_file_id);
    expect(idsOf(lines)).toEqual(Array.from({ length: 30 }, (_, i) => `r${i}`).sort());
    const [line] = lines;
    expect(line?.id).toMatch(/^batch_req_\w+_\d+$/);
    expect(line?.error).toBeNull();
    expect(line?.response?.status_code).toBe(200);
    expect(line?.response?.body["data"]).toEqual([{ b64_json: btoa(`${line?.custom_id} 0`), seed: 0 }]);
    expect(bench.service.mostRunning).toBe(4);
    expect([...bench.service.discarded].sort()).toEqual(
      bench.service.calls.map((call) => `images/${call}`).sort(),
    );
    expect(new Set(bench.service.calls).size).toBe(30);
    expect(bench.service.calls.every((call) => call.startsWith(`${id}-`))).toBe(true);
    const file = await bench.client().files.retrieve(batch.output_file_id ?? "");
    expect(file).toMatchObject({ purpose: "batch_output", filename: `${id}_output.jsonl` });
    await vi.waitFor(async () => expect(await bench.workKeys()).toEqual([]));
  });

  it("puts bad lines and refused requests into the error file, and runs the others", async () => {
    bench.startRunner();
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
    const batch = await bench.until(await bench.createBatch(lines), "completed");
    expect(batch.request_counts).toEqual({ total: 10, completed: 2, failed: 8 });
    expect(idsOf(await bench.readResults(batch.output_file_id))).toEqual(["a", "last"]);
    const errors = await bench.readResults(batch.error_file_id);
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
    bench.startRunner({ maxLines: 5 });
    const batch = await bench.until(await bench.createBatch(content), "failed");
    expect(batch.errors?.data?.[0]).toMatchObject({ code });
    expect(batch.failed_at).toBeTypeOf("number");
    expect(bench.service.calls).toEqual([]);
    await vi.waitFor(async () => expect(await bench.workKeys()).toEqual([]));
  });

  it("fails a batch whose file was deleted", async () => {
    const id = await bench.createBatch(numbered(3));
    const { input_file_id: file } = await bench.client().batches.retrieve(id);
    await bench.client().files.delete(file);
    bench.startRunner();
    expect((await bench.until(id, "failed")).errors?.data?.[0]).toMatchObject({ code: "invalid_file" });
  });

  it("takes long lines, and refuses one that is too long", async () => {
    bench.startRunner({ lineBytes: 300_000 });
    const lines = [
      request("long", "x".repeat(200_000)),
      request("longer", "x".repeat(300_000)),
      request("short"),
    ];
    const batch = await bench.until(await bench.createBatch(lines), "completed");
    expect(idsOf(await bench.readResults(batch.output_file_id))).toEqual(["long", "short"]);
    expect((await bench.readResults(batch.error_file_id))[0]?.error).toMatchObject({ line: 2 });
  });

  it("lists batches in pages, of their owner alone", async () => {
    const made: string[] = [];
    for (let i = 0; i < 3; i++) {
      made.push(await bench.createBatch([""]));
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    const page = await bench.client().batches.list({ limit: 2 });
    expect(page.data.map(({ id }) => id)).toEqual([made[2], made[1]]);
    expect(page.has_more).toBe(true);
    expect(page.data[0]).toMatchObject({ status: "validating", request_counts: { total: 0 } });
    const all: string[] = [];
    for await (const { id } of bench.client().batches.list({ limit: 1 })) all.push(id);
    expect(all).toEqual([...made].reverse());
    expect((await bench.client("other").batches.list()).data).toEqual([]);
    await expect(bench.client("other").batches.retrieve(made[0] ?? "")).rejects.toMatchObject({
      status: 404,
    });
    await expect(bench.client("other").batches.cancel(made[0] ?? "")).rejects.toMatchObject({ status: 404 });
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
    ["a long value", { metadata: { k: "v".repeat(513) } }, "metadata.k"],
    ["metadata of numbers", { metadata: { k: 1 } }, "metadata.k"],
    [
      "a wrong expiry",
      { output_expires_after: { anchor: "created_at", seconds: 5 } },
      "output_expires_after.seconds",
    ],
  ])("refuses a batch with %s", async (_what, changes, param) => {
    const file = await bench.client().files.create({
      file: await toFile(Buffer.from(request("a")), "x"),
      purpose: "batch",
    });
    const body = {
      input_file_id: file.id,
      endpoint: "/v1/images/generations",
      completion_window: "24h",
      ...changes,
    };
    await expect(bench.client().batches.create(body as never)).rejects.toMatchObject({ status: 400, param });
    await vi.waitFor(async () => expect(await bench.workKeys()).toEqual([]));
  });

  it("refuses a file that is not for batches, or another owner's", async () => {
    const file = await bench.client().files.create({
      file: await toFile(Buffer.from("x"), "x"),
      purpose: "vision",
    });
    const body = {
      input_file_id: file.id,
      endpoint: "/v1/images/generations",
      completion_window: "24h",
    } as const;
    await expect(bench.client().batches.create(body)).rejects.toMatchObject({
      status: 400,
      param: "input_file_id",
    });
    await expect(bench.client("other").batches.create(body)).rejects.toMatchObject({
      status: 400,
      param: "input_file_id",
    });
  });
});
