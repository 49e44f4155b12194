import type { FileHandle } from "node:fs/promises";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ChildProgram } from "../__fixtures__/child-program.ts";
import { StorageError } from "../errors.ts";
import { FolderStorage } from "./folder-storage.node.ts";

/** The error that the next calls of these functions of the file system fail with. */
const faults = vi.hoisted(() => new Map<string, string>());

vi.mock(import("node:fs/promises"), async (original) => {
  const real = await original();
  const fail = (name: string, path: unknown): void => {
    const code = faults.get(name);
    if (code !== undefined)
      throw Object.assign(new Error(`${code}: ${path}`), { code, errno: -1, syscall: name });
  };
  return {
    ...real,
    link: async (from, to) => {
      fail("link", to);
      await real.link(from, to);
    },
    open: async (path, flags, mode) => {
      if (flags === "wx") fail("open", path);
      const file = await real.open(path, flags, mode);
      if (flags === "wx") breakFile(file, fail);
      return file;
    },
  };
});

/** The disk gets full while a file is written. */
function breakFile(file: FileHandle, fail: (name: string, path: unknown) => void): void {
  const writeWhole = file.writeFile.bind(file);
  file.writeFile = async (data) => {
    fail("write", "the file");
    await writeWhole(data);
  };
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-folder-"));
});
afterEach(async () => {
  faults.clear();
  await rm(folder, { recursive: true });
});

const bytes = new TextEncoder().encode("data");

async function openWithEntry(): Promise<FolderStorage> {
  const storage = await FolderStorage.open(join(folder, "s"));
  await storage.put("a/b", bytes);
  return storage;
}

describe("FolderStorage", () => {
  it.each([
    ["write", "ENOSPC", "no space left on the device"],
    ["write", "EDQUOT", "the disk quota is used up"],
    ["open", "EACCES", "permission denied"],
    ["open", "EROFS", "a read-only file system"],
    ["link", "EIO", "EIO"],
  ])("says what a disk refuses: %s fails with %s", async (call, code, words) => {
    const storage = await openWithEntry();
    faults.set(call, code);
    const failure = storage.put("c/d", bytes);
    await expect(failure).rejects.toThrow(StorageError);
    await expect(failure).rejects.toThrow(words);
    await expect(failure).rejects.toThrow(join(folder, "s"));
    const stream = new Response(bytes).body ?? undefined;
    await expect(storage.put("c/e", stream ?? bytes)).rejects.toThrow(StorageError);
    faults.clear();
    expect(await readdir(join(folder, "s/.aside"))).toEqual([]);
    expect(await storage.get("c/d")).toBeUndefined();
    expect(await storage.put("c/d", bytes)).toBe(true);
    expect(await storage.get("a/b")).toBeDefined();
  });

  it("works where there are no hard links", async () => {
    faults.set("link", "EPERM");
    const storage = await openWithEntry();
    expect(await storage.put("a/b", new Uint8Array())).toBe(false);
    expect(await storage.get("a/b")).toHaveLength(4);
  });

  it("refuses to follow symbolic links", async () => {
    const storage = await openWithEntry();
    const outside = join(folder, "outside");
    await mkdir(outside);
    await writeFile(join(outside, "secret"), "secret");
    await symlink(outside, join(folder, "s/linked"));
    await symlink(join(outside, "secret"), join(folder, "s/a/secret"));
    await expect(storage.get("linked/secret")).rejects.toThrow(StorageError);
    await expect(storage.open("a/secret")).rejects.toThrow(/a symbolic link/);
    await expect(storage.put("linked/x/y", bytes)).rejects.toThrow(StorageError);
    await expect(storage.put("linked/x", bytes, { replace: true })).rejects.toThrow(StorageError);
    await expect(storage.delete(["linked/secret"])).rejects.toThrow(StorageError);
    await storage.put("a/secret", bytes, { replace: true });
    expect(await readdir(outside)).toEqual(["secret"]);
    expect(await readFile(join(outside, "secret"), "utf8")).toBe("secret");
    const keys: string[] = [];
    await symlink(join(outside, "secret"), join(folder, "s/a/other"));
    for await (const { key } of storage.list("a/")) keys.push(key);
    expect(keys).toEqual(["a/b", "a/secret"]);
  });

  it("leaves no empty folders", async () => {
    const storage = await openWithEntry();
    await storage.put("x/y/z", bytes);
    await storage.delete(["x/y/z"]);
    expect((await readdir(join(folder, "s"))).sort()).toEqual([".aside", ".id", "a"]);
  });

  it("writes while folders are removed", async () => {
    const storage = await openWithEntry();
    const work = Array.from({ length: 40 }, async (_, i) => {
      expect(await storage.put(`x/y/${i}`, bytes)).toBe(true);
      await storage.delete([`x/y/${i}`]);
    });
    await Promise.all(work);
    expect((await readdir(join(folder, "s"))).sort()).toEqual([".aside", ".id", "a"]);
  });

  it("removes what killed processes left, when it is a day old", async () => {
    await openWithEntry();
    const [old, young] = [join(folder, "s/.aside/old"), join(folder, "s/.aside/young")];
    await writeFile(old, "x");
    await writeFile(young, "x");
    const time = Date.now() / 1000 - 90_000;
    await utimes(old, time, time);
    await FolderStorage.open(join(folder, "s"));
    expect(await readdir(join(folder, "s/.aside"))).toEqual(["young"]);
  });

  it("refuses a damaged id", async () => {
    await openWithEntry();
    await writeFile(join(folder, "s/.id"), "../x");
    await expect(FolderStorage.open(join(folder, "s"))).rejects.toThrow(/\.id: found "\.\.\/x"/);
  });

  it("refuses a file in place of the folder", async () => {
    await writeFile(join(folder, "file"), "x");
    await expect(FolderStorage.open(join(folder, "file"))).rejects.toThrow(StorageError);
  });

  it("gets one id when several processes make it at once", async () => {
    const program = await ChildProgram.build(new URL("__fixtures__/open-folder.ts", import.meta.url));
    const children = [1, 2, 3].map(() => program.start(join(folder, "s")));
    const ids = await Promise.all(children.map((child) => child.message()));
    await program.remove();
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toBe((await FolderStorage.open(join(folder, "s"))).id);
  });
});
