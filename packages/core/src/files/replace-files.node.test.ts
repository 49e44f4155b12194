import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileWriteError } from "../errors.ts";
import { replaceFiles, type StagedFile } from "./write-files.node.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-replace-files-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
}

async function contents(): Promise<Record<string, string>> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "utf8")])),
  );
}

function staged(...names: readonly string[]): StagedFile[] {
  return names.map((name) => ({ aside: join(folder, `${name}.new`), path: join(folder, name) }));
}

const none = { indexPath: undefined, obsoletePaths: [] };

describe("replaceFiles", () => {
  it("puts new files in place, replaces what stood there, and leaves nothing else", async () => {
    await write({ a: "old", "a.new": "new a", "b.new": "new b" });
    await replaceFiles(staged("a", "b"), none);
    expect(await contents()).toEqual({ a: "new a", b: "new b" });
  });

  it("puts the index in place last, and then takes away what is obsolete", async () => {
    await write({ index: "old", a: "old", shard: "old", "index.new": "new", "a.new": "new" });
    const options = { indexPath: join(folder, "index"), obsoletePaths: [join(folder, "shard")] };
    await replaceFiles(staged("index", "a"), options);
    expect(await contents()).toEqual({ index: "new", a: "new" });
  });

  it("takes nothing away that is not there", async () => {
    await write({ "a.new": "new" });
    await replaceFiles(staged("a"), { ...none, obsoletePaths: [join(folder, "gone")] });
    expect(await contents()).toEqual({ a: "new" });
  });

  it.each([
    ["a new file that is not there", async () => {}],
    [
      "a folder in the place of a file",
      async () => {
        await write({ "c.new": "new" });
        await mkdir(join(folder, "c"));
      },
    ],
  ])("takes everything back because of %s", async (_what, spoil) => {
    const before = { index: "old", a: "old", shard: "old" };
    await write({ ...before, "index.new": "new", "a.new": "new", "b.new": "new" });
    await spoil();
    const options = { indexPath: join(folder, "index"), obsoletePaths: [join(folder, "shard")] };
    await expect(replaceFiles(staged("index", "a", "b", "c"), options)).rejects.toThrow(FileWriteError);
    expect(await contents()).toMatchObject(before);
    expect(await contents()).not.toHaveProperty("b");
  });
});
