import { afterEach, describe, expect, it, vi } from "vitest";
import { streamOf } from "../__fixtures__/service-app.ts";
import { StorageError } from "../errors.ts";
import { MemoryStorage } from "../storage/memory-storage.ts";
import { LeaseKeeper } from "./lease.ts";
import { readLines, type TextLine } from "./read-lines.ts";
import { ResultParts } from "./result-parts.ts";

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe("readLines", () => {
  const text = "\uFEFFone\r\n\ntwo é\n  \nthree is long\n\xff\nlast";
  const bytes = Buffer.concat([
    Buffer.from(text.slice(0, text.indexOf("\xff"))),
    Buffer.from([0xff]),
    Buffer.from("\nlast"),
  ]);
  const expected: TextLine[] = [
    { number: 1, text: "one" },
    { number: 3, text: "two é" },
    { number: 5, fault: "too long" },
    { number: 6, fault: "not UTF-8" },
    { number: 7, text: "last" },
  ];

  it.each([1, 2, 3, 5, 1000])("reads lines from pieces of %i bytes", async (size) => {
    expect(await collect(readLines(streamOf(bytes, size), 10))).toEqual(expected);
  });

  it("reads nothing from nothing", async () => {
    expect(await collect(readLines(streamOf(new Uint8Array(), 1), 10))).toEqual([]);
  });
});

describe("ResultParts", () => {
  const lines = async (parts: ResultParts, kind: "output" | "error"): Promise<unknown[]> =>
    (await collect(parts.read(kind))).map((line) => JSON.parse(new TextDecoder().decode(line)));

  it("finds the lines of several writers, each once, and outputs before errors", async () => {
    const storage = new MemoryStorage();
    const [one, two] = [new ResultParts(storage, "p/"), new ResultParts(storage, "p/")];
    await one.add("output", 1, { line: 1 });
    await two.add("output", 1, { line: 1 });
    await one.add("error", 2, { line: 2 });
    await two.add("output", 2, { line: 2, made: true });
    await two.add("error", 50_000, { line: 50_000 });
    expect(await one.done()).toEqual({ output: new Set([1, 2]), error: new Set([50_000]) });
    const outputs = await lines(two, "output");
    expect(outputs).toHaveLength(2);
    expect(outputs).toContainEqual({ line: 2, made: true });
    expect(await lines(two, "error")).toEqual([{ line: 50_000 }]);
    await one.clear();
    expect(await one.done()).toEqual({ output: new Set(), error: new Set() });
  });

  it("writes what comes in together in few parts", async () => {
    const storage = new MemoryStorage();
    const put = vi.spyOn(storage, "put");
    const parts = new ResultParts(storage, "p/");
    await Promise.all(Array.from({ length: 61 }, (_, i) => parts.add("output", i + 1, { i })));
    expect(put.mock.calls.length).toBe(4);
    expect(await lines(parts, "output")).toEqual(Array.from({ length: 61 }, (_, i) => ({ i })));
  });

  it("says what the storage refuses, and goes on", async () => {
    const storage = new MemoryStorage();
    const parts = new ResultParts(storage, "p/");
    vi.spyOn(storage, "put").mockRejectedValueOnce(new StorageError("full"));
    await expect(parts.add("output", 1, {})).rejects.toThrow("full");
    await parts.add("output", 1, {});
    expect((await parts.done()).output.size).toBe(1);
  });

  it("forgets errors, and keeps the outputs beside them", async () => {
    const parts = new ResultParts(new MemoryStorage(), "p/");
    await Promise.all([
      parts.add("output", 1, { a: 1 }),
      parts.add("error", 2, { b: 2 }),
      parts.add("output", 3, { c: 3 }),
    ]);
    await parts.forgetErrors();
    expect(await parts.done()).toEqual({ output: new Set([1, 3]), error: new Set() });
    expect(await lines(parts, "output")).toEqual([{ a: 1 }, { c: 3 }]);
  });
});

describe("LeaseKeeper", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("gives a lease to one of many", async () => {
    const storage = new MemoryStorage();
    const keepers = Array.from({ length: 5 }, () => new LeaseKeeper(storage));
    const leases = await Promise.all(keepers.map((keeper) => keeper.take("l/")));
    const held = leases.filter((lease) => lease !== undefined);
    expect(held).toHaveLength(1);
    expect(await keepers[0]?.take("l/")).toBeUndefined();
    await held[0]?.release();
    const next = await keepers[1]?.take("l/");
    expect(next?.signal.aborted).toBe(false);
    await next?.forget();
  });

  it("keeps a lease that is renewed, and takes one that is not, once", async () => {
    vi.useFakeTimers();
    const storage = new MemoryStorage();
    const put = storage.put.bind(storage);
    let isAway = false;
    vi.spyOn(storage, "put").mockImplementation(async (key, data, options) => {
      if (isAway && options?.replace === true) throw new StorageError("away");
      return await put(key, data, options);
    });
    const lease = await new LeaseKeeper(storage).take("l/");
    const others = [new LeaseKeeper(storage), new LeaseKeeper(storage)];
    const tryAll = () => Promise.all(others.map((other) => other.take("l/")));
    for (let second = 0; second < 60; second += 3) {
      expect(await tryAll()).toEqual([undefined, undefined]);
      await vi.advanceTimersByTimeAsync(3000);
    }
    isAway = true;
    let waited = 0;
    let taken: unknown[] = [];
    while (taken.length === 0) {
      taken = (await tryAll()).filter((other) => other !== undefined);
      if (taken.length > 0) break;
      await vi.advanceTimersByTimeAsync(1000);
      waited += 1;
    }
    expect(taken).toHaveLength(1);
    expect(waited).toBeGreaterThan(9);
    expect(waited).toBeLessThanOrEqual(15);
    // The first holder noticed before.
    expect(lease?.signal.aborted).toBe(true);
  });

  it("tells a holder that another took its lease", async () => {
    vi.useFakeTimers();
    const storage = new MemoryStorage();
    const lease = await new LeaseKeeper(storage).take("l/");
    const other = await new LeaseKeeper(storage, { isAlone: true }).take("l/");
    await vi.advanceTimersByTimeAsync(4000);
    expect(lease?.signal.aborted).toBe(true);
    expect(other?.signal.aborted).toBe(false);
    await lease?.release();
    await other?.release();
    await (await new LeaseKeeper(storage).take("l/"))?.forget();
  });
});
