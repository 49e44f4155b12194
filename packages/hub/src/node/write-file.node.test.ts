import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { caught } from "../__fixtures__/caught.ts";
import { temporaryFolders } from "../__fixtures__/temporary-folders.ts";
import { CacheWriteError } from "../errors.ts";
import { writeAside } from "./write-file.ts";

const makeFolder = temporaryFolders();

describe("writeAside", () => {
  it("makes folders, writes and replaces, and leaves nothing beside", async () => {
    const folder = await makeFolder();
    const location = join(folder, "refs", "pr", "1");
    await writeAside(location, "one");
    await writeAside(location, "two");
    expect(await readFile(location, "utf8")).toBe("two");
    expect(await readdir(join(folder, "refs", "pr"))).toEqual(["1"]);
  });

  it("tells what is in the way, and leaves nothing beside", async () => {
    const folder = await makeFolder();
    await writeFile(join(folder, "file"), "");
    const through = await caught(writeAside(join(folder, "file", "x"), "one"));
    expect(CacheWriteError.isInstance(through)).toBe(true);
    expect(through.message).toMatch(/\(EEXIST\)|\(ENOTDIR\)/);
    await mkdir(join(folder, "taken", "full"), { recursive: true });
    const over = await caught(writeAside(join(folder, "taken"), "one"));
    expect(CacheWriteError.isInstance(over)).toBe(true);
    expect((await readdir(folder)).sort()).toEqual(["file", "taken"]);
  });
});
