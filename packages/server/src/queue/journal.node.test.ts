import { appendFile, mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setWarningHandler } from "@onestep/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ChildProgram } from "../__fixtures__/child-program.ts";
import { StorageError } from "../errors.ts";
import type { JobOutcome } from "../job.ts";
import { openJournal } from "./journal.node.ts";

let folder: string;
let warnings: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-journal-"));
  warnings = [];
  setWarningHandler(({ message }) => warnings.push(message));
});
afterEach(async () => {
  setWarningHandler(undefined);
  await rm(folder, { recursive: true });
});

const failed = (code: string): JobOutcome => ({
  status: "failed",
  failure: { status: 400, code, message: "é" },
});
const path = (): string => join(folder, "journal.jsonl");

async function write(...ids: readonly string[]): Promise<void> {
  const journal = await openJournal(folder);
  await Promise.all(ids.map((id) => journal.append(id, failed(id))));
  await journal.close();
}

async function read(keepSeconds = 86_400): Promise<string[]> {
  const journal = await openJournal(folder, { keepSeconds });
  await journal.close();
  return [...journal.outcomes.keys()];
}

describe("openJournal", () => {
  it("finds the outcomes that were appended", async () => {
    await write("a", "b");
    await write("c");
    const journal = await openJournal(folder);
    expect([...journal.outcomes]).toEqual(["a", "b", "c"].map((id) => [id, failed(id)]));
    await journal.append("d", { status: "cancelled" });
    expect(journal.outcomes.get("d")).toEqual({ status: "cancelled" });
    await journal.close();
    await expect(journal.append("e", { status: "cancelled" })).rejects.toThrow("closed");
    expect(warnings).toEqual([]);
  });

  it("keeps the first outcome of a job", async () => {
    await write("a");
    const journal = await openJournal(folder);
    await journal.append("a", { status: "cancelled" });
    await journal.close();
    expect(journal.outcomes.get("a")).toEqual(failed("a"));
    const again = await openJournal(folder);
    expect(again.outcomes.get("a")).toEqual(failed("a"));
    await again.close();
  });

  it("drops a torn last line, and goes on behind it", async () => {
    await write("a", "b");
    const { length } = await readFile(path());
    for (const cut of [1, 2, 30]) {
      await write("c");
      await truncate(path(), (await readFile(path())).length - cut);
      expect(await read()).toEqual(cut === 1 ? ["a", "b", "c"] : ["a", "b"]);
      expect(warnings.splice(0)).toHaveLength(cut === 1 ? 0 : 1);
      await truncate(path(), length);
    }
    await appendFile(path(), "0123");
    await write("d");
    expect(warnings.splice(0)).toEqual([expect.stringContaining("1 damaged lines are dropped")]);
    expect(await read()).toEqual(["a", "b", "d"]);
    expect(warnings).toEqual([]);
  });

  it.each([
    ["a changed letter", (line: string) => line.replace("é", "è")],
    ["zeros", (line: string) => "\0".repeat(line.length)],
    ["another file", () => "{}"],
    ["half of it", (line: string) => line.slice(0, 40)],
    ["invalid UTF-8", (line: string) => Buffer.concat([Buffer.from(line.slice(0, 50)), Buffer.from([0xff])])],
  ])("drops a damaged line in the middle: %s", async (_what, damage) => {
    await write("a", "b", "c");
    const [a = "", b = "", c = ""] = (await readFile(path(), "utf8")).split("\n");
    const middle = Buffer.from(damage(b) as string);
    await writeFile(path(), Buffer.concat([Buffer.from(`${a}\n`), middle, Buffer.from(`\n${c}\n`)]));
    expect(await read()).toEqual(["a", "c"]);
    expect(warnings).toHaveLength(1);
  });

  it("drops what is too old, when it is opened and when it is compacted", async () => {
    const now = Date.now();
    await write("old");
    vi.spyOn(Date, "now").mockReturnValue(now + 300_000);
    const journal = await openJournal(folder, { keepSeconds: 200 });
    await journal.append("young", failed("young"));
    await journal.compact();
    expect([...journal.outcomes.keys()]).toEqual(["young"]);
    vi.spyOn(Date, "now").mockReturnValue(now + 600_000);
    await journal.compact();
    expect(journal.outcomes.size).toBe(0);
    await journal.append("last", failed("last"));
    await journal.close();
    expect(await readFile(path(), "utf8")).toMatch(/^\w{16} \{"id":"last".*\}\n$/);
    expect(await readdir(folder)).toEqual(["journal.jsonl"]);
    expect(warnings).toEqual([]);
  });

  it("loses nothing when it is compacted while outcomes come in", async () => {
    const now = Date.now();
    const clock = vi.spyOn(Date, "now").mockReturnValue(now);
    const journal = await openJournal(folder);
    const work = Array.from({ length: 60 }, async (_, i) => {
      const isOld = i % 5 === 0;
      clock.mockReturnValue(isOld ? now - 100_000_000 : now);
      const appended = journal.append(`job-${i}`, failed("x"));
      clock.mockReturnValue(now);
      await appended;
      if (isOld) await journal.compact();
    });
    await Promise.all(work);
    await journal.close();
    expect(await read()).toHaveLength(48);
    expect(warnings).toEqual([]);
  });

  it("flushes what comes in together with one call", async () => {
    const journal = await openJournal(folder);
    const probe = await open(join(folder, "probe"), "w");
    const datasync = vi.spyOn(Object.getPrototypeOf(probe), "datasync");
    await probe.close();
    await Promise.all(Array.from({ length: 50 }, (_, i) => journal.append(`${i}`, failed("x"))));
    expect(datasync.mock.calls.length).toBeLessThan(4);
    await journal.close();
  });

  it("says what the disk refuses, and goes on when it has room again", async () => {
    const journal = await openJournal(folder);
    await journal.append("a", failed("a"));
    const probe = await open(join(folder, "probe"), "w");
    const prototype: { datasync: () => Promise<void> } = Object.getPrototypeOf(probe);
    await probe.close();
    const full = Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
    const datasync = vi.spyOn(prototype, "datasync").mockRejectedValue(full);
    await expect(journal.append("b", failed("b"))).rejects.toThrow(StorageError);
    await expect(journal.append("c", failed("c"))).rejects.toThrow(
      /no space left.*journal\.jsonl|journal\.jsonl.*no space left/,
    );
    datasync.mockRestore();
    await appendFile(path(), "torn");
    await journal.append("d", failed("d"));
    await journal.close();
    const outcomes = await read();
    expect(outcomes).toContain("a");
    expect(outcomes).toContain("d");
  });

  it("keeps what it said it kept, when its process is killed", async () => {
    const program = await ChildProgram.build(new URL("__fixtures__/append-outcomes.ts", import.meta.url));
    const told: string[] = [];
    for (let round = 0; round < 4; round++) {
      const child = program.start(folder);
      child.process.on("message", (names) => told.push(...(names as string[])));
      for (let i = 0; i < 5 + 7 * round; i++) await child.message();
      await child.kill();
    }
    await program.remove();
    const outcomes = await read();
    expect(told.length).toBeGreaterThan(60);
    expect(told.filter((name) => !outcomes.includes(name))).toEqual([]);
  });
});
