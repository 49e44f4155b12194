import { mkdir, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { caught } from "./__fixtures__/caught.ts";
import { folderEntries, temporaryFolders } from "./__fixtures__/temporary-folders.ts";
import { pruneCache } from "./cache-tools.ts";
import { FileLock } from "./node/lock.ts";

const makeFolder = temporaryFolders();
const [one, two, three] = ["1".repeat(64), "2".repeat(64), "3".repeat(64)];

/** A cache with these files, the older ones not changed for an hour. */
async function makeCache(fresh: readonly string[], old: readonly string[] = []): Promise<string> {
  const cacheDir = await makeFolder();
  const hourAgo = new Date(Date.now() - 3_600_000);
  for (const path of [...fresh, ...old]) {
    await mkdir(dirname(join(cacheDir, path)), { recursive: true });
    await writeFile(join(cacheDir, path), "0123456789");
    if (old.includes(path)) await utimes(join(cacheDir, path), hourAgo, hourAgo);
  }
  return cacheDir;
}

describe("pruneCache", () => {
  it("removes what was left, and keeps what is whole", async () => {
    const blob = `models--a--b/blobs/${one}`;
    const cacheDir = await makeCache(
      [
        blob,
        `models--a--b/blobs/${two}.onestep-00000001.incomplete`,
        ".deleting-0a1b2c3d/blobs/x",
        "datasets--a--b/blobs/x.incomplete",
        ".locks/models--a--b/x.onestep.lock.0a1b2c3d",
      ],
      [
        `models--a--b/blobs/${three}.0a1b2c3d.incomplete`,
        "models--a--b/refs/main.0a1b2c3d.tmp",
        `onestep/urls/${one}/files/w.bin.onestep-0123456789abcdef-00000001.incomplete`,
        ".locks/models--a--b/python.lock",
        ".locks/models--gone/python.lock",
      ],
    );
    expect(await pruneCache({ cacheDir })).toEqual({ freedBytes: 50, keptBytes: 0 });
    expect(await folderEntries(cacheDir)).toEqual([
      ".locks/models--a--b/python.lock",
      "datasets--a--b/blobs/x.incomplete",
      blob,
    ]);
    expect(await pruneCache({ cacheDir })).toEqual({ freedBytes: 0, keptBytes: 0 });
  });

  it("keeps what somebody works on, or may work on", async () => {
    const kept = [
      `models--a--b/blobs/${one}.onestep-00000001.incomplete`,
      `models--a--b/blobs/${two}.0a1b2c3d.incomplete`,
      `models--a--b/blobs/${three}.onestep-00000001.incomplete`,
      `.locks/models--a--b/${three}.onestep.lock`,
      `onestep/urls/${one}/files/w.bin.onestep-0123456789abcdef-00000001.incomplete`,
    ];
    const cacheDir = await makeCache(kept);
    const lock = await FileLock.acquire(join(cacheDir, ".locks", "models--a--b", `${one}.onestep.lock`), {
      signal: undefined,
    });
    expect(await pruneCache({ cacheDir })).toEqual({ freedBytes: 0, keptBytes: 0 });
    await lock?.release();
    expect(await folderEntries(cacheDir)).toEqual(kept.toSorted());
    expect(await pruneCache({ cacheDir })).toEqual({ freedBytes: 10, keptBytes: 0 });
  });

  it("takes a folder that is not there for an empty cache, and stops when the signal says so", async () => {
    const cacheDir = await makeCache(["models--a--b/blobs/x"]);
    expect(await pruneCache({ cacheDir: join(cacheDir, "none") })).toEqual({ freedBytes: 0, keptBytes: 0 });
    const signal = AbortSignal.abort(new Error("enough"));
    expect((await caught(pruneCache({ cacheDir, signal }))).message).toBe("enough");
  });
});
