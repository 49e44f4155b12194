import { mkdtemp, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvalidArgumentError } from "@onestep/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { S3Server } from "./__fixtures__/s3-server.ts";
import { FolderStorage } from "./folder-storage.node.ts";
import { MemoryStorage } from "./memory-storage.ts";
import { openStorage } from "./open-storage.node.ts";
import type { ImageStorage, StoredEntry } from "./storage.ts";

interface Place {
  readonly storage: ImageStorage;
  /** Opens the same storage again; undefined if it ends with the process. */
  readonly reopen?: () => Promise<ImageStorage>;
  /** Makes an entry old. */
  readonly age: (key: string, seconds: number) => Promise<void>;
}

const undo: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function memory(): Promise<Place> {
  const age = async (_key: string, seconds: number): Promise<void> => {
    const now = Date.now();
    vi.spyOn(Date, "now").mockReturnValue(now + seconds * 1000);
  };
  return { storage: new MemoryStorage(), age };
}

async function folder(): Promise<Place> {
  const path = await mkdtemp(join(tmpdir(), "onestep-storage-"));
  undo.push(() => rm(path, { recursive: true }));
  const age = async (key: string, seconds: number): Promise<void> => {
    const time = Date.now() / 1000 - seconds;
    await utimes(join(path, key), time, time);
  };
  return { storage: await FolderStorage.open(path), reopen: () => openStorage(path), age };
}

async function bucket(): Promise<Place> {
  const server = await S3Server.start();
  undo.push(() => server.stop());
  server.pageSize = 2;
  // The store's clock is what counts, not that of this machine.
  server.skew = 5_000_000_000;
  const age = async (key: string, seconds: number): Promise<void> => {
    const path = `some/prefix/${key}`;
    const object = server.objects.get(path);
    if (object === undefined) throw new Error(key);
    const modifiedAt = new Date(object.modifiedAt.getTime() - seconds * 1000);
    server.objects.set(path, { ...object, modifiedAt });
  };
  const reopen = (): Promise<ImageStorage> => openStorage(server.location, server.environment);
  return { storage: await reopen(), reopen, age };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (data: Uint8Array | undefined): string | undefined => data && new TextDecoder().decode(data);

async function collect(entries: AsyncIterable<StoredEntry>): Promise<StoredEntry[]> {
  const all: StoredEntry[] = [];
  for await (const entry of entries) all.push(entry);
  return all;
}

function streamOf(...chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

describe.each([
  ["memory", memory],
  ["a folder", folder],
  ["a bucket", bucket],
])("a storage in %s", (_name, open) => {
  it("returns what was put", async () => {
    const { storage } = await open();
    expect(await storage.put("a/b.png", bytes("one"), { mediaType: "image/png" })).toBe(true);
    expect(text(await storage.get("a/b.png"))).toBe("one");
    expect(await new Response(await storage.open("a/b.png")).text()).toBe("one");
    expect(await storage.get("a/c.png")).toBeUndefined();
    expect(await storage.get("a")).toBeUndefined();
    expect(await storage.open("a/c.png")).toBeUndefined();
  });

  it("keeps its own copy", async () => {
    const { storage } = await open();
    const data = bytes("one");
    await storage.put("a", data);
    data.fill(0);
    (await storage.get("a"))?.fill(0);
    expect(text(await storage.get("a"))).toBe("one");
  });

  it("stores an empty entry", async () => {
    const { storage } = await open();
    expect(await storage.put("a", new Uint8Array())).toBe(true);
    expect(await storage.put("b", streamOf())).toBe(true);
    expect(text(await storage.get("a"))).toBe("");
    expect(await new Response(await storage.open("b")).text()).toBe("");
  });

  it("does not replace an entry, unless asked to", async () => {
    const { storage } = await open();
    await storage.put("a", bytes("one"));
    expect(await storage.put("a", bytes("two"))).toBe(false);
    expect(await storage.put("a", streamOf(bytes("two")))).toBe(false);
    expect(text(await storage.get("a"))).toBe("one");
    expect(await storage.put("a", bytes("three"), { replace: true })).toBe(true);
    expect(text(await storage.get("a"))).toBe("three");
  });

  it("writes once when many write at once", async () => {
    const { storage } = await open();
    const names = Array.from({ length: 12 }, (_, i) => `${i}`);
    const written = await Promise.all(names.map((name) => storage.put("x/y/z", bytes(name))));
    expect(written.filter((isWritten) => isWritten)).toHaveLength(1);
    expect(text(await storage.get("x/y/z"))).toBe(names[written.indexOf(true)]);
  });

  it("takes streams of any size", async () => {
    const { storage } = await open();
    const chunk = Uint8Array.from({ length: 3_000_001 }, (_, i) => i % 251);
    const whole = new Uint8Array(await new Blob(Array(6).fill(chunk)).arrayBuffer());
    expect(await storage.put("large", streamOf(...Array(6).fill(chunk)))).toBe(true);
    expect(Buffer.compare((await storage.get("large")) ?? bytes(""), whole)).toBe(0);
    const opened = new Uint8Array(await new Response(await storage.open("large")).arrayBuffer());
    expect(Buffer.compare(opened, whole)).toBe(0);
    expect(await storage.put("large", streamOf(...Array(6).fill(chunk)))).toBe(false);
    expect(await storage.put("large", streamOf(...Array(3).fill(chunk)), { replace: true })).toBe(true);
    expect((await storage.get("large"))?.length).toBe(9_000_003);
  });

  it("leaves nothing of a stream that breaks off", async () => {
    const { storage } = await open();
    let count = 0;
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        count += 1;
        if (count > 20) controller.error(Object.assign(new Error("gone"), { code: "ECONNRESET" }));
        else controller.enqueue(new Uint8Array(2 ** 20));
      },
    });
    await expect(storage.put("f/a", broken)).rejects.toThrow("gone");
    expect(await storage.get("f/a")).toBeUndefined();
    expect(await collect(storage.list("f/"))).toEqual([]);
    expect(await storage.put("f/a", bytes("again"))).toBe(true);
  });

  it("lists a prefix in the order of the keys", async () => {
    const { storage } = await open();
    for (const key of ["a/c/2", "a/c.x", "a/c-x", "a/b", "a/c/10", "ab/1", "a/c/e/f"]) {
      await storage.put(key, bytes(key));
    }
    const entries = await collect(storage.list("a/"));
    expect(entries.map(({ key }) => key)).toEqual(["a/b", "a/c-x", "a/c.x", "a/c/10", "a/c/2", "a/c/e/f"]);
    expect(entries.map((entry) => entry.bytes)).toEqual([3, 5, 5, 6, 5, 7]);
    expect((await collect(storage.list("a/c/"))).map(({ key }) => key)).toEqual([
      "a/c/10",
      "a/c/2",
      "a/c/e/f",
    ]);
    expect(await collect(storage.list("none/"))).toEqual([]);
  });

  it("deletes entries, and ignores those that are not there", async () => {
    const { storage } = await open();
    await storage.put("a/b", bytes("x"));
    await storage.put("a/c", bytes("x"));
    await storage.delete(["a/b", "a/d", "x/y"]);
    expect((await collect(storage.list("a/"))).map(({ key }) => key)).toEqual(["a/c"]);
    expect(await storage.put("a/b", bytes("x"))).toBe(true);
  });

  it("expires what is older", async () => {
    const { storage, age } = await open();
    await storage.put("a/old", bytes("x"));
    await age("a/old", 100);
    await storage.put("a/new", bytes("x"));
    await storage.put("b/other", bytes("x"));
    await storage.expire("a/", 50);
    expect(await storage.get("a/old")).toBeUndefined();
    expect(text(await storage.get("a/new"))).toBe("x");
    expect(text(await storage.get("b/other"))).toBe("x");
    await expect(storage.expire("a/", -1)).rejects.toThrow(InvalidArgumentError);
  });

  it.each([
    "",
    "/a",
    "a/",
    "a//b",
    "../a",
    "a/../b",
    "./a",
    "a/.hidden",
    ".id",
    "a\\b",
    "a b",
    "a\0",
    "ä",
    "a.",
    `a${"x".repeat(300)}`,
  ])("refuses the key %j", async (key) => {
    const { storage } = await open();
    await expect(storage.put(key, bytes("x"))).rejects.toThrow(InvalidArgumentError);
    await expect(storage.get(key)).rejects.toThrow(InvalidArgumentError);
    await expect(storage.open(key)).rejects.toThrow(InvalidArgumentError);
    await expect(storage.delete([key])).rejects.toThrow(InvalidArgumentError);
    await expect(collect(storage.list(`${key}x`))).rejects.toThrow(InvalidArgumentError);
  });

  it("has one id for all who open it", async () => {
    const { storage, reopen } = await open();
    expect(storage.id).toMatch(/^[0-9a-f-]{36}$/);
    const again = await reopen?.();
    expect(again?.id ?? storage.id).toBe(storage.id);
    await storage.put("a", bytes("x"));
    expect(await again?.put("a", bytes("y"))).not.toBe(true);
    await storage.close();
  });
});
