import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { caught } from "../__fixtures__/caught.ts";
import { temporaryFolders } from "../__fixtures__/temporary-folders.ts";
import { FileLock, isRunning, type LockOptions, ownProcess, parseLockOwner } from "./lock.ts";

const makeFolder = temporaryFolders();

async function setUp() {
  const folder = await makeFolder();
  const location = join(folder, "locks", "x.lock");
  const acquire = (options: Partial<LockOptions> = {}) =>
    FileLock.acquire(location, { signal: undefined, ...options });
  const leave = async (text: string): Promise<void> => {
    await mkdir(join(folder, "locks"), { recursive: true });
    await writeFile(location, text);
  };
  return { folder, location, acquire, leave, entries: () => readdir(join(folder, "locks")) };
}

/** The number of a process that has ended. */
async function endedProcess(): Promise<number> {
  const child = spawn(process.execPath, ["--eval", ""]);
  await once(child, "exit");
  return child.pid ?? 0;
}

describe("FileLock", () => {
  it("is a file that says who holds it, and is gone afterwards", async () => {
    const { acquire, entries, location } = await setUp();
    const lock = await acquire();
    expect(JSON.parse(await readFile(location, "utf8"))).toMatchObject(await ownProcess());
    expect(lock?.isContested).toBe(false);
    await lock?.release();
    expect(await entries()).toEqual([]);
  });

  it("says so from the first moment on, so that who is killed then is known to be gone", async () => {
    const { acquire, location } = await setUp();
    const seen = new Set<string>();
    let isOver = false;
    const look = (): void => {
      try {
        seen.add(readFileSync(location, "utf8"));
      } catch {
        // There is none at the moment.
      }
      if (!isOver) setImmediate(look);
    };
    look();
    for (let round = 0; round < 20; round += 1) await (await acquire())?.release();
    isOver = true;
    expect(seen.size).toBeGreaterThan(0);
    for (const text of seen) expect(JSON.parse(text)).toMatchObject(await ownProcess());
  });

  it("lets one in at a time, of many", async () => {
    const { acquire } = await setUp();
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      const lock = await acquire();
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 2));
      inside -= 1;
      await lock?.release();
    };
    await Promise.all([1, 2, 3, 4, 5].map(work));
    expect(most).toBe(1);
  });

  it("tells once for whom it waits", async () => {
    const { acquire } = await setUp();
    const first = await acquire();
    const onWait = vi.fn();
    const waiting = acquire({ onWait });
    await vi.waitFor(() => expect(onWait).toHaveBeenCalled());
    await first?.release();
    await (await waiting)?.release();
    expect(onWait.mock.calls).toEqual([[expect.objectContaining({ pid: process.pid })]]);
  });

  it("stops waiting when the signal says so, and leaves the other's lock", async () => {
    const { acquire, entries } = await setUp();
    const first = await acquire();
    const controller = new AbortController();
    const onWait = (): void => controller.abort(Object.assign(new Error("enough"), { code: "EXAMPLE" }));
    expect((await caught(acquire({ signal: controller.signal, onWait }))).message).toBe("enough");
    expect(await entries()).toHaveLength(1);
    await first?.release();
  });

  it("is taken over at once where its process has ended", async () => {
    const { acquire, entries, leave } = await setUp();
    await leave(JSON.stringify({ ...(await ownProcess()), pid: await endedProcess(), nonce: "1" }));
    const onWait = vi.fn();
    const lock = await acquire({ onWait });
    expect(lock?.isContested).toBe(false);
    expect(onWait).not.toHaveBeenCalled();
    await lock?.release();
    expect(await entries()).toEqual([]);
  });

  it("is taken over where a thread of this process left it, at once on Linux", async () => {
    const { acquire, leave } = await setUp();
    await leave(JSON.stringify({ ...(await ownProcess()), nonce: "1" }));
    const onWait = vi.fn();
    const lock = await acquire({ onWait, silentSeconds: 0.15 });
    const isKnown = process.platform === "linux";
    expect(lock?.isContested).toBe(!isKnown);
    expect(onWait).toHaveBeenCalledTimes(isKnown ? 0 : 1);
    await lock?.release();
  });

  it("is taken over once, whoever finds it", async () => {
    const { acquire, entries, leave } = await setUp();
    await leave(JSON.stringify({ ...(await ownProcess()), pid: await endedProcess(), nonce: "1" }));
    let inside = 0;
    const work = async (): Promise<void> => {
      const lock = await acquire();
      inside += 1;
      expect(inside).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 2));
      inside -= 1;
      await lock?.release();
    };
    await Promise.all([1, 2, 3, 4].map(work));
    expect(await entries()).toEqual([]);
  });

  it.each([
    ["is of another machine", { pid: 1, host: "elsewhere", started: "", nonce: "1" }],
    ["is out of form", { pid: "../../x" }],
    ["is not JSON", undefined],
  ])("is taken over, as contested, after silence where it %s", async (_what, content) => {
    const { acquire, leave } = await setUp();
    await leave(content === undefined ? "{" : JSON.stringify(content));
    const onWait = vi.fn();
    const lock = await acquire({ onWait, silentSeconds: 0.15 });
    expect(onWait).toHaveBeenCalledTimes(1);
    expect(lock?.isContested).toBe(true);
    await lock?.release();
  });

  it("does not remove what is not its own any more", async () => {
    const { acquire, location } = await setUp();
    const lock = await acquire();
    await rm(location);
    await writeFile(location, "another's");
    await lock?.release();
    expect(await readFile(location, "utf8")).toBe("another's");
  });

  it("is left out on a disk without locks", async () => {
    const { acquire, folder } = await setUp();
    await writeFile(join(folder, "locks"), "");
    expect(await acquire()).toBeUndefined();
  });
});

describe("isRunning", () => {
  it("knows this process, and one that runs", async () => {
    expect(await isRunning(await ownProcess())).toBe(true);
    const child = spawn(process.execPath, ["--eval", "process.stdin.resume()"]);
    const owner = { ...(await ownProcess()), pid: child.pid ?? 0, started: "" };
    expect(await isRunning(owner)).toBe(true);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await isRunning(owner)).toBe(false);
  });

  it("is not deceived by a number that was given out again", async () => {
    const own = await ownProcess();
    // Where the system does not say when a process began, a number is all there is.
    expect(await isRunning({ ...own, started: "1" })).toBe(own.started === "");
  });

  it("does not know the processes of other machines and containers", async () => {
    expect(await isRunning({ ...(await ownProcess()), host: "elsewhere" })).toBeUndefined();
  });
});

describe("parseLockOwner", () => {
  it.each([
    null,
    7,
    {},
    { pid: -1, host: "", started: "" },
    { pid: 1.5, host: "", started: "" },
    { pid: 1, host: 2 },
  ])("refuses %j", (value) => {
    expect(parseLockOwner(value)).toBeUndefined();
  });

  it("keeps what it knows and nothing else", () => {
    const owner = { pid: 1, host: "a", started: "2" };
    expect(parseLockOwner({ ...owner, nonce: "x" })).toEqual(owner);
  });
});
