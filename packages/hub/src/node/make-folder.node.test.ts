import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { caught } from "../__fixtures__/caught.ts";
import { temporaryFolders } from "../__fixtures__/temporary-folders.ts";
import { makeFolder, writeAside } from "./write-file.ts";

vi.mock("node:fs/promises", async (importOriginal) => {
  const real = await importOriginal<typeof import("node:fs/promises")>();
  return { ...real, mkdir: vi.fn(real.mkdir) };
});

const makeTemporary = temporaryFolders();
const failure = (code: string) => Object.assign(new Error(code), { code });

describe("makeFolder", () => {
  it("makes all that is missing", async () => {
    const folder = join(await makeTemporary(), "a", "b", "c");
    await makeFolder(folder);
    await makeFolder(folder);
    await writeAside(join(folder, "d", "note"), "text");
  });

  it("says that a file system is read-only, of which Node says that nothing is there", async () => {
    const folder = join(await makeTemporary(), "a", "b");
    vi.mocked(mkdir).mockImplementation(async (_path, options) => {
      const isRecursive = typeof options === "object" && options?.recursive === true;
      throw failure(isRecursive ? "ENOENT" : "EROFS");
    });
    expect(await caught(makeFolder(folder))).toMatchObject({ code: "EROFS" });
    const error = await caught(writeAside(join(folder, "note"), "text"));
    expect(error.message).toContain("found a read-only file system (EROFS)");
    expect(error.message).toContain("localFilesOnly: true");
    vi.mocked(mkdir).mockReset();
  });
});
