import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ChildProgram } from "../__fixtures__/child-program.ts";
import { StorageInUseError } from "../errors.ts";
import { lockFolder } from "./folder-lock.node.ts";

let program: ChildProgram;
beforeAll(async () => {
  program = await ChildProgram.build(new URL("__fixtures__/hold-lock.ts", import.meta.url));
});
afterAll(async () => {
  await program.remove();
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-lock-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function ownFile(): Promise<string> {
  const [name = ""] = await readdir(join(folder, ".lock"));
  return join(folder, ".lock", name);
}

/** Rewrites the only file of a lock. */
async function change(fields: Readonly<Record<string, unknown>>): Promise<void> {
  const path = await ownFile();
  const owner: object = JSON.parse(await readFile(path, "utf8"));
  await writeFile(path, JSON.stringify({ ...owner, ...fields }));
}

describe("lockFolder", () => {
  it("refuses a second process, and names the first", async () => {
    const child = program.start(folder);
    expect(await child.message()).toBe("held");
    const failure = lockFolder(folder);
    await expect(failure).rejects.toThrow(StorageInUseError);
    await expect(failure).rejects.toThrow(`${folder} is in use by process ${child.process.pid}`);
    expect(await program.start(folder).message()).toMatch(/^storage-in-use: /);
    child.process.send("release");
    expect(await child.exit).toBe(0);
    await (await lockFolder(folder)).release();
    expect(await readdir(join(folder, ".lock"))).toEqual([]);
  });

  it("refuses the same process, too", async () => {
    const lock = await lockFolder(folder);
    await expect(lockFolder(folder)).rejects.toThrow(`process ${process.pid}`);
    await lock.release();
  });

  it("takes over from a process that was killed", async () => {
    const child = program.start(folder);
    await child.message();
    await child.kill();
    await (await lockFolder(folder)).release();
  });

  it("takes over when another process has got the id", async () => {
    const child = program.start(folder);
    await child.message();
    await child.kill();
    const other = program.start(join(folder, "other"));
    await other.message();
    await change({ pid: other.process.pid });
    await (await lockFolder(folder)).release();
    await other.kill();
  });

  it("has one holder when many start at once, also over a dead one", async () => {
    const dead = program.start(folder);
    await dead.message();
    await dead.kill();
    const children = [1, 2, 3, 4].map(() => program.start(folder));
    const messages = await Promise.all(children.map((child) => child.message()));
    expect(messages.filter((message) => message === "held")).toHaveLength(1);
    expect(messages.filter((message) => String(message).startsWith("storage-in-use: "))).toHaveLength(3);
    for (const child of children) await child.kill();
  });

  it("takes over from another machine only when it shows no life", async () => {
    const lock = await lockFolder(folder, { beat: 20 });
    await change({ host: "elsewhere boot 1" });
    await expect(lockFolder(folder, { beat: 50 })).rejects.toThrow(/in use by process \d+ on elsewhere\./);
    await lock.release();
    await writeFile(
      join(folder, ".lock/1.json"),
      JSON.stringify({ pid: 1, host: "elsewhere", started: "5", state: "held" }),
    );
    await (await lockFolder(folder, { beat: 10 })).release();
  });

  it("has one holder when machines start at once", async () => {
    const hosts = ["a", "b", "c"];
    const locks = await Promise.allSettled(hosts.map((host) => lockFolder(folder, { beat: 20, host })));
    expect(locks.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const lock of locks) if (lock.status === "fulfilled") await lock.value.release();
  });

  it("tells its holder that it was lost", async () => {
    const lock = await lockFolder(folder, { beat: 5 });
    expect(lock.signal.aborted).toBe(false);
    const lost = new Promise((resolve) => lock.signal.addEventListener("abort", resolve));
    await rm(await ownFile());
    await lost;
    await lock.release();
  });

  it("ignores files that say nothing", async () => {
    const lock = await lockFolder(folder);
    await lock.release();
    for (const text of ["", "{", "null", '{"pid":-1}', '{"pid":1,"host":2}']) {
      await writeFile(join(folder, ".lock/x.json"), text);
      await utimes(join(folder, ".lock/x.json"), 0, 0);
      await (await lockFolder(folder)).release();
    }
  });
});
