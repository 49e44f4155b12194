import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvalidArgumentError } from "@onestep/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ChildProgram } from "../__fixtures__/child-program.ts";
import { StorageError, StorageInUseError } from "../errors.ts";
import { lockFolder } from "../storage/folder-lock.node.ts";
import { FakeService } from "./__fixtures__/fake-service.ts";
import { type BulkProgress, runBulk } from "./bulk.node.ts";
import { BulkNames } from "./bulk-names.ts";

let folder: string;
let service: FakeService;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-bulk-"));
  service = new FakeService();
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const request = (custom_id: string, body: object = { prompt: custom_id }): string =>
  JSON.stringify({ custom_id, method: "POST", url: "/v1/images/generations", body });

async function place(lines: readonly string[]): Promise<{ readonly input: string; readonly out: string }> {
  const input = join(folder, "requests.jsonl");
  await writeFile(input, lines.join("\n"));
  return { input, out: join(folder, "out") };
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => request(`r${i}`));

async function readLinesOf(name: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(join(folder, "out", name), "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const images = async (): Promise<string[]> =>
  (await readdir(join(folder, "out")))
    .filter((name) => !name.startsWith(".") && !name.endsWith(".jsonl"))
    .sort();

describe("runBulk", () => {
  it("writes the images and results of a file", async () => {
    const place1 = await place([
      request("a"),
      request("two", { prompt: "x", n: 2 }),
      "{ broken",
      request("no", { prompt: "bad" }),
    ]);
    const seen: BulkProgress[] = [];
    const result = await runBulk({ service, ...place1, onProgress: (progress) => seen.push(progress) });
    expect(result).toMatchObject({ total: 4, completed: 2, failed: 2, finished: 4, isInterrupted: false });
    expect(seen[0]).toMatchObject({ total: 4, completed: 0, failed: 0 });
    expect(seen).toHaveLength(5);
    expect(await images()).toEqual(["a.png", "two-1.png", "two-2.png"]);
    expect(await readFile(join(folder, "out/a.png"), "utf8")).toBe("a 0");
    const results = await readLinesOf("results.jsonl");
    expect(results.find(({ custom_id: id }) => id === "two")).toMatchObject({
      response: {
        status_code: 200,
        body: {
          size: "8x8",
          data: [
            { file: "two-1.png", seed: 0 },
            { file: "two-2.png", seed: 1 },
          ],
        },
      },
      error: null,
    });
    const errors = await readLinesOf("errors.jsonl");
    expect(errors).toHaveLength(2);
    expect(errors).toContainEqual(
      expect.objectContaining({ custom_id: null, error: expect.objectContaining({ line: 3 }) }),
    );
  });

  it("goes on where it was, and tries failed lines again", async () => {
    const given = await place([...numbered(4), request("no", { prompt: "bad" })]);
    await runBulk({ service, ...given });
    expect(await readLinesOf("errors.jsonl")).toHaveLength(1);
    const again = new FakeService();
    again.create = async (endpoint, body, call) =>
      service.create(endpoint, { ...(body as object), prompt: "good" }, call);
    const calls = service.calls.length;
    expect(await runBulk({ service: again, ...given })).toMatchObject({
      total: 5,
      completed: 5,
      failed: 0,
      finished: 1,
    });
    expect(service.calls.length - calls).toBe(1);
    expect(await readLinesOf("errors.jsonl")).toEqual([]);
    expect(await readLinesOf("results.jsonl")).toHaveLength(5);
  });

  it("stops at a signal, keeps what is done, and goes on later", async () => {
    const given = await place(numbered(40));
    const abort = new AbortController();
    service.before = async () => {
      if (service.calls.length === 12) abort.abort();
      await new Promise((resolve) => setTimeout(resolve, 2));
    };
    const first = await runBulk({ service, ...given, linesInFlight: 4, signal: abort.signal });
    expect(first.isInterrupted).toBe(true);
    expect(first.completed).toBeGreaterThan(0);
    expect(first.completed).toBeLessThan(13);
    expect(first.failed).toBe(0);
    expect(await readLinesOf("results.jsonl")).toHaveLength(first.completed);
    const rest = new FakeService();
    expect(await runBulk({ service: rest, ...given })).toMatchObject({ completed: 40, isInterrupted: false });
    expect(rest.calls).toHaveLength(40 - first.completed);
    expect(await images()).toHaveLength(40);
  });

  it("goes on after it was killed", async () => {
    const given = await place(numbered(40));
    const program = await ChildProgram.build(new URL("__fixtures__/run-bulk.ts", import.meta.url));
    for (let round = 0; round < 2; round++) {
      const child = program.start(given.input, given.out);
      for (let i = 0; i < 12; i++) await child.message();
      await child.kill();
    }
    await program.remove();
    expect(await runBulk({ service, ...given })).toMatchObject({ completed: 40, failed: 0 });
    expect(service.calls.length).toBeLessThan(40);
    expect(await images()).toHaveLength(40);
    const results = await readLinesOf("results.jsonl");
    expect(new Set(results.map(({ custom_id: id }) => id)).size).toBe(40);
    expect(results).toHaveLength(40);
  });

  it("prepares once the file and the folder are checked, and not when all is done", async () => {
    const given = await place(numbered(2));
    const events: string[] = [];
    service.before = (prompt) => void events.push(prompt);
    const prepare = async () => events.push("prepared");
    await runBulk({ service, ...given, prepare });
    expect(events[0]).toBe("prepared");
    expect(events).toHaveLength(3);
    await runBulk({ service, ...given, prepare });
    await writeFile(given.input, request("other"));
    await expect(runBulk({ service, ...given, prepare })).rejects.toThrow(InvalidArgumentError);
    expect(events).toHaveLength(3);
  });

  it("gives the model to lines that name none", async () => {
    const bodies: unknown[] = [];
    const given = await place([request("a"), request("b", { prompt: "b", model: "own" })]);
    const recording = {
      create: (...args: Parameters<FakeService["create"]>) => {
        bodies.push(args[1]);
        return service.create(...args);
      },
      discard: (stored: readonly string[]) => service.discard(stored),
    };
    await runBulk({ service: recording, ...given, model: "default" });
    expect(bodies).toContainEqual({ prompt: "a", model: "default" });
    expect(bodies).toContainEqual({ prompt: "b", model: "own" });
  });

  it("refuses the folder of another file, and one in use", async () => {
    const given = await place(numbered(1));
    await runBulk({ service, ...given });
    await writeFile(given.input, request("other"));
    await expect(runBulk({ service, ...given })).rejects.toThrow(InvalidArgumentError);
    expect(await images()).toEqual(["r0.png"]);
    await writeFile(given.input, numbered(1).join());
    const lock = await lockFolder(join(given.out, ".onestep"));
    await expect(runBulk({ service, ...given })).rejects.toThrow(StorageInUseError);
    await lock.release();
  });

  it.each<[string, readonly string[]]>([
    ["empty", [""]],
    ["no requests", ["hello", "{}"]],
  ])("refuses a file that is %s, and makes no folder", async (_what, lines) => {
    const given = await place(lines);
    await expect(runBulk({ service, ...given })).rejects.toThrow(InvalidArgumentError);
    expect(await readdir(folder)).toEqual(["requests.jsonl"]);
  });

  it("says that a file is not there", async () => {
    const given = { input: join(folder, "none.jsonl"), out: join(folder, "out") };
    await expect(runBulk({ service, ...given })).rejects.toThrow(InvalidArgumentError);
    await expect(runBulk({ service, ...given })).rejects.toThrow(/none\.jsonl/);
  });

  it("stops when an image cannot be written, and goes on when it can", async () => {
    const given = await place(numbered(3));
    await mkdir(join(given.out, "r1.png"), { recursive: true });
    await expect(runBulk({ service, ...given })).rejects.toThrow(StorageError);
    await rm(join(given.out, "r1.png"), { recursive: true });
    expect(await runBulk({ service, ...given })).toMatchObject({ completed: 3 });
  });
});

describe("BulkNames", () => {
  const namesOf = async (ids: readonly string[], count = 1): Promise<string[]> => {
    const names = new BulkNames();
    for (const id of ids) await names.add(id);
    return ids.flatMap((id) => Array.from({ length: count }, (_, i) => names.imageName(id, i, count)));
  };

  it("keeps plain names, and encodes the others", async () => {
    expect(
      await namesOf(["request-1", "Cat_2.v3", "a/b", "..", "../x", "é", "%", "con", "NUL.txt", " "]),
    ).toEqual([
      ...[
        "request-1",
        "Cat_2.v3",
        "a%2Fb",
        "%2E%2E",
        "%2E.%2Fx",
        "%C3%A9",
        "%25",
        "%63on",
        "%4EUL.txt",
        "%20",
      ],
    ]);
  });

  it("gives different ids different names, whatever the capitals", async () => {
    const ids = [
      "a",
      "A",
      "a-1",
      "a-2",
      "a%2Fb",
      "a/b",
      "a~1",
      "x".repeat(300),
      `${"x".repeat(299)}y`,
      "\ud800",
      "\udfff",
      "\ud801",
      "É",
      "é",
    ];
    for (const count of [1, 2, 3]) {
      const names = await namesOf(ids, count);
      expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(ids.length * count);
      expect(names.every((name) => name.length < 200 && /^[\w%~-][\w.%~-]*$/.test(name))).toBe(true);
    }
  });
});
