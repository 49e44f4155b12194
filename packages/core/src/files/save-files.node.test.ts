import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileWriteError, InvalidArgumentError } from "../errors.ts";
import { saveFiles } from "./write-files.node.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-save-files-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function contents(): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "utf8")])),
  );
}

async function* failing(failure: Error): AsyncGenerator<Uint8Array> {
  yield Uint8Array.of(1);
  throw failure;
}

describe("saveFiles", () => {
  it("writes text, bytes and pieces into a folder that it makes, and nothing else", async () => {
    async function* pieces(): AsyncGenerator<Uint8Array> {
      yield Uint8Array.of(98);
      yield Uint8Array.of(99);
    }
    const inner = join(folder, "a b");
    await saveFiles(pathToFileURL(inner), [
      { name: "1", content: "é" },
      { name: "2", content: Uint8Array.of(97) },
      { name: "3", content: pieces() },
    ]);
    folder = inner;
    expect(await contents()).toEqual({ "1": "é", "2": "a", "3": "bc" });
  });

  it("replaces files, keeps their permissions, and leaves other files alone", async () => {
    await writeFile(join(folder, "a"), "old a");
    await writeFile(join(folder, "other"), "other");
    await chmod(join(folder, "a"), 0o640);
    await saveFiles(folder, [
      { name: "a", content: "new a" },
      { name: "b", content: "new b" },
    ]);
    expect(await contents()).toEqual({ a: "new a", b: "new b", other: "other" });
    expect((await stat(join(folder, "a"))).mode & 0o777).toBe(0o640);
  });

  it("replaces a link and leaves what it leads to", async () => {
    const blobs = join(folder, "blobs");
    await mkdir(blobs);
    await writeFile(join(blobs, "content"), "kept");
    await symlink("blobs/content", join(folder, "a"));
    await symlink("blobs/nothing", join(folder, "b"));
    await saveFiles(folder, [
      { name: "a", content: "new" },
      { name: "b", content: "new" },
    ]);
    await expect(readlink(join(folder, "a"))).rejects.toThrow("EINVAL");
    expect(await readFile(join(folder, "b"), "utf8")).toBe("new");
    expect(await readFile(join(blobs, "content"), "utf8")).toBe("kept");
    expect(await readdir(blobs)).toEqual(["content"]);
  });

  it("removes what an earlier save left, but no folder and nothing new", async () => {
    for (const name of ["w-1", "w-2", "w-3", "x"]) await writeFile(join(folder, name), "old");
    await mkdir(join(folder, "w-folder"));
    await saveFiles(folder, [{ name: "w-1", content: "new" }], {
      isObsolete: (name) => name.startsWith("w-"),
    });
    expect((await readdir(folder)).sort()).toEqual(["w-1", "w-folder", "x"]);
    expect(await readFile(join(folder, "w-1"), "utf8")).toBe("new");
  });
});

describe("saveFiles that fails", () => {
  const before = { a: "old a", index: "old index", "w-1": "old w" };
  const isObsolete = (name: string): boolean => name.startsWith("w-");

  beforeEach(async () => {
    for (const [name, text] of Object.entries(before)) await writeFile(join(folder, name), text);
  });

  it("because a source breaks leaves the folder as it was", async () => {
    const failure = new Error("the source broke");
    const files = [
      { name: "a", content: "new a" },
      { name: "b", content: failing(failure) },
    ];
    await expect(saveFiles(folder, files, { isObsolete })).rejects.toBe(failure);
    expect(await contents()).toEqual(before);
  });

  it("because it was aborted leaves the folder as it was", async () => {
    const controller = new AbortController();
    async function* last(): AsyncGenerator<Uint8Array> {
      yield Uint8Array.of(1);
      controller.abort(new Error("enough"));
    }
    const files = [
      { name: "a", content: "new a" },
      { name: "b", content: last() },
    ];
    const { signal } = controller;
    await expect(saveFiles(folder, files, { signal, isObsolete })).rejects.toThrow("enough");
    await expect(saveFiles(join(folder, "none"), files, { signal })).rejects.toThrow("enough");
    expect(await contents()).toEqual(before);
  });

  it("because a folder stands in a file's place leaves the folder as it was", async () => {
    await mkdir(join(folder, "b"));
    const files = [
      { name: "a", content: "new a" },
      { name: "b", content: "new b" },
    ];
    const saving = saveFiles(folder, files, { isObsolete });
    await expect(saving).rejects.toThrow(FileWriteError);
    await expect(saving).rejects.toThrow(`${join(folder, "b")}: found a folder, expected a file, or nothing`);
    await rm(join(folder, "b"), { recursive: true });
    expect(await contents()).toEqual(before);
  });

  it("while files are put in place takes back those that were", async () => {
    // A folder that appears when everything is written already: renaming a file over it fails.
    async function* blocking(): AsyncGenerator<Uint8Array> {
      yield Uint8Array.of(1);
      await mkdir(join(folder, "c"));
      await writeFile(join(folder, "c", "inner"), "");
    }
    const files = [
      { name: "a", content: "new a" },
      { name: "b", content: "new b" },
      { name: "index", content: "new index" },
      { name: "c", content: blocking() },
    ];
    const saving = saveFiles(folder, files, { index: "index", isObsolete });
    await expect(saving).rejects.toThrow(FileWriteError);
    await rm(join(folder, "c"), { recursive: true });
    expect(await contents()).toEqual(before);
  });

  it.each(["", undefined, null, 3])("because the folder is %s says so", async (directory) => {
    const saving = saveFiles(directory as string, []);
    await expect(saving).rejects.toThrow(InvalidArgumentError);
    await expect(saving).rejects.toThrow("directory: found");
  });

  it("because a content is invalid writes nothing", async () => {
    const files = [{ name: "b", content: 3 as unknown as string }];
    await expect(saveFiles(join(folder, "none"), files)).rejects.toThrow("content: found Number");
    expect(await contents()).toEqual(before);
  });
});
