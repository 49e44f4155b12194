import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { caught } from "../__fixtures__/caught.ts";
import { temporaryFolders } from "../__fixtures__/temporary-folders.ts";
import { CacheWriteError } from "../errors/cache-write-error.ts";
import { IntegrityError } from "../errors/integrity-error.ts";
import { type Download, downloadToFile } from "./download.ts";

const fault = vi.hoisted(() => ({ step: "", code: "" }));

vi.mock("node:fs/promises", async (importOriginal) => {
  const real = await importOriginal<typeof import("node:fs/promises")>();
  const failAt = (step: string): void => {
    if (fault.step === step) throw Object.assign(new Error(fault.code), { code: fault.code });
  };
  return {
    ...real,
    rename: async (...parameters: Parameters<typeof real.rename>) => {
      failAt("rename");
      return real.rename(...parameters);
    },
    mkdir: async (...parameters: Parameters<typeof real.mkdir>) => {
      failAt("mkdir");
      return real.mkdir(...parameters);
    },
    open: async (...parameters: Parameters<typeof real.open>) => {
      failAt("open");
      const file = await real.open(...parameters);
      const { sync, write } = file;
      vi.spyOn(file, "write").mockImplementation(async (...given: unknown[]) => {
        failAt("write");
        return Reflect.apply(write, file, given);
      });
      vi.spyOn(file, "sync").mockImplementation(async () => {
        failAt("sync");
        return Reflect.apply(sync, file, []);
      });
      return file;
    },
  };
});

const makeFolder = temporaryFolders();
afterEach(() => Object.assign(fault, { step: "", code: "" }));

const content = randomBytes(300_000);
const sha256 = createHash("sha256").update(content).digest("hex");
const gitId = createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");

async function* pieces(bytes: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function* breakingOff(): AsyncGenerator<Uint8Array> {
  yield content.subarray(0, 100_000);
  throw new Error("cut");
}

async function makeDownload(parts: Partial<Download> = {}): Promise<Download & { folder: string }> {
  const folder = await makeFolder();
  return {
    folder,
    path: "unet/w.bin",
    chunks: pieces(content),
    location: join(folder, "blobs", sha256),
    size: content.length,
    objectId: sha256,
    ...parts,
  };
}

async function leftIn(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).filter((name) => name !== "blobs");
}

describe("downloadToFile", () => {
  it.each([
    ["a SHA-256", sha256, content.length],
    ["a git object", gitId, content.length],
    ["a git object, its length unknown", gitId, undefined],
    ["nothing to check it by", undefined, undefined],
  ])("writes a file with %s and tells how far it is", async (_what, objectId, size) => {
    const loaded: number[] = [];
    const download = await makeDownload({ objectId, size, onBytes: (bytes) => loaded.push(bytes) });
    expect(await downloadToFile(download)).toBe(content.length);
    expect((await readFile(download.location)).equals(content)).toBe(true);
    expect(loaded).toEqual([65_536, 131_072, 196_608, 262_144, 300_000]);
    expect(await leftIn(download.folder)).toEqual([join("blobs", sha256)]);
  });

  it("writes an empty file", async () => {
    const emptyId = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"; // git's name for no bytes
    const download = await makeDownload({ chunks: pieces(new Uint8Array()), size: 0, objectId: emptyId });
    expect(await downloadToFile(download)).toBe(0);
  });

  it("asks for the next piece only when the last is written", async () => {
    const written: number[] = [];
    async function* watched(): AsyncGenerator<Uint8Array> {
      for (const count of [1, 2, 3]) {
        expect(written).toHaveLength(count - 1);
        yield new Uint8Array(10);
      }
    }
    const onBytes = (bytes: number): void => void written.push(bytes);
    await downloadToFile(await makeDownload({ chunks: watched(), size: 30, objectId: undefined, onBytes }));
    expect(written).toEqual([10, 20, 30]);
  });

  it.each([
    ["other bytes", { chunks: pieces(new Uint8Array(content.length)) }, "content with the SHA-256"],
    [
      "other bytes of a git object",
      { chunks: pieces(new Uint8Array(content.length)), objectId: gitId },
      "content with the git object",
    ],
    ["too few bytes", { chunks: pieces(content.subarray(1)) }, "found 299999 bytes, expected 300000 bytes"],
    [
      "too many bytes",
      { chunks: pieces(Buffer.concat([content, content])) },
      "found more, expected 300000 bytes",
    ],
  ])("refuses %s and leaves nothing", async (_what, parts, message) => {
    const download = await makeDownload(parts);
    const error = await caught(downloadToFile(download));
    expect(IntegrityError.isInstance(error)).toBe(true);
    expect(error.message).toContain(`unet/w.bin: found`);
    expect(error.message).toContain(message);
    expect(await leftIn(download.folder)).toEqual([]);
  });

  it("passes on what the source throws, and leaves nothing", async () => {
    const download = await makeDownload({ chunks: breakingOff() });
    expect((await caught(downloadToFile(download))).message).toBe("cut");
    expect(await leftIn(download.folder)).toEqual([]);
  });

  it.each([
    ["mkdir", "EROFS", "a read-only file system (EROFS)"],
    ["open", "EACCES", "permission denied (EACCES)"],
    ["write", "ENOSPC", "no space left on the device (ENOSPC)"],
    ["sync", "EIO", "an input/output error of the device (EIO)"],
    ["rename", "EPERM", "operation not permitted (EPERM)"],
  ])("tells a failing %s and leaves nothing", async (step, code, message) => {
    const download = await makeDownload();
    Object.assign(fault, { step, code });
    const error = await caught(downloadToFile(download));
    expect(CacheWriteError.isInstance(error)).toBe(true);
    expect(error.message).toContain(`${download.location}: found ${message}`);
    expect(await leftIn(download.folder)).toEqual([]);
  });

  it("tells a cache folder that is a file", async () => {
    const folder = await makeFolder();
    await writeFile(join(folder, "blobs"), "");
    const error = await caught(
      downloadToFile(await makeDownload({ location: join(folder, "blobs", sha256) })),
    );
    expect(CacheWriteError.isInstance(error)).toBe(true);
    expect(error.message).toMatch(/\(EEXIST\)|\(ENOTDIR\)/);
  });

  it("keeps the old file where the new one is not whole", async () => {
    const folder = await makeFolder();
    const location = join(folder, "file");
    await writeFile(location, "old");
    await caught(downloadToFile(await makeDownload({ location, chunks: breakingOff() })));
    expect(await readFile(location, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["file"]);
  });
});
