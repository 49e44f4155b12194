import { type OpenAI, toFile } from "openai";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { clientOf, createTestApp, streamOf } from "../__fixtures__/service-app.ts";
import { StorageError } from "../errors.ts";
import type { ServiceApp } from "../http/app.ts";
import { MemoryStorage } from "../storage/memory-storage.ts";
import type { ImageStorage } from "../storage/storage.ts";
import { fileRoutes } from "./file-routes.ts";
import { FileStore } from "./file-store.ts";

let storage: ImageStorage;
let files: FileStore;
let app: ServiceApp;
beforeEach(() => {
  storage = new MemoryStorage();
  files = new FileStore(storage);
  app = createTestApp((own) => fileRoutes(own, { files, fileBytes: 300_000, batchBytes: 1000 }));
});
afterEach(() => {
  vi.useRealTimers();
});

const client = (owner?: string): OpenAI => clientOf(() => app, owner);

async function upload(
  name = "lines.jsonl",
  text = "hello",
  purpose: "batch" | "vision" = "batch",
): Promise<string> {
  const { id } = await client().files.create({ file: await toFile(Buffer.from(text), name), purpose });
  return id;
}

async function keys(): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of storage.list("files/")) found.push(key);
  return found;
}

/** A multipart body by hand. */
function form(...parts: readonly string[]): string {
  return `${parts.map((part) => `--XX\r\n${part}\r\n`).join("")}--XX--\r\n`;
}
const filePart =
  'Content-Disposition: form-data; name="file"; filename="a.jsonl"\r\nContent-Type: text/plain\r\n\r\nhello';
const purposePart = 'Content-Disposition: form-data; name="purpose"\r\n\r\nbatch';

async function post(
  body: BodyInit,
  type = "multipart/form-data; boundary=XX",
): Promise<{ status: number; body: Record<string, Record<string, unknown>> }> {
  const request = new Request("http://service.test/v1/files", {
    method: "POST",
    body,
    headers: { "content-type": type },
    duplex: "half",
  } as RequestInit);
  const response = await app.fetch(request);
  return { status: response.status, body: await response.json() };
}

const chunked = (text: string, size: number): ReadableStream<Uint8Array> =>
  streamOf(new TextEncoder().encode(text), size);

describe("/v1/files", () => {
  it("keeps a file, with OpenAI's client", async () => {
    const id = await upload("../../etc/passwd", "some lines");
    const file = await client().files.retrieve(id);
    expect(file).toMatchObject({ id, object: "file", bytes: 10, purpose: "batch", status: "processed" });
    expect(file.filename).toContain("passwd");
    expect(file.expires_at).toBe(file.created_at + 30 * 86_400);
    const content = await client().files.content(id);
    expect(await content.text()).toBe("some lines");
    expect(content.headers.get("x-content-type-options")).toBe("nosniff");
    expect(content.headers.get("content-length")).toBe("10");
    expect((await keys()).every((key) => /^files\/[0-9a-f]{32}\/file_\w+\.(bin|json)$/.test(key))).toBe(true);
    expect(await client().files.delete(id)).toEqual({ id, object: "file", deleted: true });
    await expect(client().files.retrieve(id)).rejects.toMatchObject({ status: 404, code: "file_not_found" });
    expect(await keys()).toEqual([]);
  });

  it("shows nothing of one owner to another", async () => {
    const id = await upload();
    const other = client("other");
    await expect(other.files.retrieve(id)).rejects.toMatchObject({ status: 404 });
    await expect(other.files.content(id)).rejects.toMatchObject({ status: 404 });
    await expect(other.files.delete(id)).rejects.toMatchObject({ status: 404 });
    expect((await other.files.list()).data).toEqual([]);
    expect((await client().files.list()).data).toHaveLength(1);
  });

  it("lists in pages", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      vi.setSystemTime(1_790_000_000_000 + i * 1000);
      ids.push(await upload(`${i}`, "x", i === 2 ? "vision" : "batch"));
    }
    const newest = await client().files.list({ limit: 2 });
    expect(newest.data.map(({ id }) => id)).toEqual([ids[4], ids[3]]);
    expect(newest.has_more).toBe(true);
    const rest = await client().files.list({ limit: 3, after: ids[3] ?? "" });
    expect(rest.data.map(({ id }) => id)).toEqual([ids[2], ids[1], ids[0]]);
    expect(rest.has_more).toBe(false);
    const oldest = await client().files.list({ order: "asc", purpose: "batch", limit: 3 });
    expect(oldest.data.map(({ id }) => id)).toEqual([ids[0], ids[1], ids[3]]);
    const all: string[] = [];
    for await (const { id } of client().files.list({ limit: 2 })) all.push(id);
    expect(all).toEqual([...ids].reverse());
  });

  it.each(["limit=0", "limit=x", "limit=10001", "order=up"])("refuses a list with %s", async (query) => {
    const response = await app.request(`/v1/files?${query}`);
    expect(response.status).toBe(400);
  });

  it.each(["file_x", "..", "%2e%2e%2fother", "file_UPPER00000000", "a".repeat(500)])(
    "knows no file %s",
    async (id) => {
      expect((await app.request(`/v1/files/${id}`)).status).toBe(404);
      expect((await app.request(`/v1/files/${id}/content`)).status).toBe(404);
    },
  );

  it("forgets a file when its time is over", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { id } = await client().files.create({
      file: await toFile(Buffer.from("x"), "x"),
      purpose: "vision",
      expires_after: { anchor: "created_at", seconds: 3600 },
    });
    const kept = await upload("kept", "x", "vision");
    expect((await client().files.retrieve(kept)).expires_at).toBeUndefined();
    vi.setSystemTime(Date.now() + 3_600_000);
    await expect(client().files.retrieve(id)).rejects.toMatchObject({ status: 404 });
    expect(await keys()).toHaveLength(4);
    await files.sweep();
    expect(await keys()).toHaveLength(2);
  });

  it("sweeps contents whose uploads broke off, after a day", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    await files.write("me", new Uint8Array(3));
    await upload();
    await files.sweep();
    expect(await keys()).toHaveLength(3);
    vi.setSystemTime(Date.now() + 86_500_000);
    await files.sweep();
    expect(await keys()).toHaveLength(2);
  });

  it.each([1, 2, 3, 7, 64])("reads a body that arrives in pieces of %i bytes", async (size) => {
    const { status, body } = await post(chunked(form(filePart, purposePart), size));
    expect(body).toMatchObject({ bytes: 5, filename: "a.jsonl", purpose: "batch" });
    expect(status).toBe(200);
  });

  it.each<[string, string, number, string]>([
    ["no purpose", form(filePart), 400, "purpose"],
    ["an unknown purpose", form(filePart, purposePart.replace("batch", "fine-tune")), 400, "purpose"],
    ["no file", form(purposePart), 400, "file"],
    ["two files", form(filePart, filePart, purposePart), 400, "file"],
    ["a file in another field", form(filePart.replace('"file"', '"other"'), purposePart), 400, "file"],
    ["a field twice", form(purposePart, purposePart, filePart), 400, "purpose"],
    ["a huge field", form(purposePart.replace("batch", "x".repeat(5000)), filePart), 400, "purpose"],
    [
      "an expiry too soon",
      form(
        filePart,
        purposePart,
        'Content-Disposition: form-data; name="expires_after[anchor]"\r\n\r\ncreated_at',
        'Content-Disposition: form-data; name="expires_after[seconds]"\r\n\r\n10',
      ),
      400,
      "expires_after[seconds]",
    ],
    [
      "an expiry without an anchor",
      form(
        filePart,
        purposePart,
        'Content-Disposition: form-data; name="expires_after[seconds]"\r\n\r\n4000',
      ),
      400,
      "expires_after[anchor]",
    ],
    ["a long name", form(filePart.replace("a.jsonl", "x".repeat(300)), purposePart), 400, "file"],
    ["a batch that is too large", form(filePart + "x".repeat(1000), purposePart), 413, "file"],
    ["a file that is too large", form(filePart + "x".repeat(300_000), purposePart), 413, "file"],
  ])("refuses a form with %s", async (_what, body, status, param) => {
    const answer = await post(chunked(body, 10_000));
    expect(answer.body["error"]).toMatchObject({ param });
    expect(answer.status).toBe(status);
    expect(await keys()).toEqual([]);
  });

  it.each<[string, string, string | undefined]>([
    ["is cut short in the file", form(filePart, purposePart).slice(0, 120), undefined],
    ["is cut short after the file", form(purposePart, filePart).slice(0, -10), undefined],
    ["is empty", "", undefined],
    ["is no form", "hello", undefined],
    ["has no boundary", form(filePart), "multipart/form-data"],
  ])("refuses a body that %s", async (_what, body, type) => {
    const { status } = await post(chunked(body, 50), type);
    expect(status).toBe(400);
    expect(await keys()).toEqual([]);
  });

  it("refuses another type of body", async () => {
    expect((await post("{}", "application/json")).status).toBe(415);
  });

  it("leaves nothing when the client goes away", async () => {
    const text = form(filePart + "x".repeat(200_000), purposePart);
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        if (sent > 5) controller.error(new Error("gone"));
        else controller.enqueue(new TextEncoder().encode(text.slice((sent - 1) * 10_000, sent * 10_000)));
      },
    });
    expect((await post(body)).status).toBe(400);
    expect(await keys()).toEqual([]);
  });

  it("answers when the storage is full", async () => {
    storage = new MemoryStorage({ maxBytes: 20_000 });
    const failing = createTestApp((own) => fileRoutes(own, { files: new FileStore(storage) }));
    app = failing;
    const { status } = await post(chunked(form(filePart + "x".repeat(400_000), purposePart), 10_000));
    expect(status).toBe(500);
    expect(await keys()).toEqual([]);
    await expect(storage.put("x", new Uint8Array(30_000))).rejects.toThrow(StorageError);
  });

  it("holds no more of a file in memory than is on its way", async () => {
    let produced = 0;
    let consumed = 0;
    let most = 0;
    const slow: ImageStorage = Object.assign(new MemoryStorage(), {
      put: async (_key: string, data: Uint8Array | ReadableStream<Uint8Array>) => {
        if (data instanceof Uint8Array) return true;
        for await (const chunk of data) {
          consumed += chunk.length;
          most = Math.max(most, produced - consumed);
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        return true;
      },
    });
    app = createTestApp((own) => fileRoutes(own, { files: new FileStore(slow) }));
    const head = new TextEncoder().encode(
      `--XX\r\n${purposePart.replace("batch", "vision")}\r\n--XX\r\n${filePart}`,
    );
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (produced === 0) controller.enqueue(head);
          produced += 65_536;
          if (produced <= 10_000_000) return controller.enqueue(new Uint8Array(65_536));
          controller.enqueue(new TextEncoder().encode("\r\n--XX--\r\n"));
          controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    expect((await post(body)).status).toBe(200);
    expect(consumed).toBeGreaterThan(9_000_000);
    expect(most).toBeLessThan(1_000_000);
  });

  it("reads small files for requests, and not large ones", async () => {
    const id = await upload("image.png", "png", "vision");
    expect(await files.read("me", id, 10)).toEqual(new TextEncoder().encode("png"));
    expect(await files.read("other", id, 10)).toBeUndefined();
    await expect(files.read("me", id, 2)).rejects.toMatchObject({ status: 413 });
  });
});
