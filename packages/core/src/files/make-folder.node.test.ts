import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { saveFiles, writeFileAside } from "./write-files.node.ts";

vi.mock("node:fs/promises", async (importOriginal) => {
  const real = await importOriginal<typeof import("node:fs/promises")>();
  return { ...real, mkdir: vi.fn(real.mkdir) };
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-make-folder-"));
});
afterEach(async () => {
  vi.mocked(mkdir).mockReset();
  await rm(folder, { recursive: true });
});

/** As Node does on such a file system: of several folders at once it says that nothing is there. */
function makeReadOnly(): void {
  vi.mocked(mkdir).mockImplementation(async (_path, options) => {
    const isRecursive = typeof options === "object" && options?.recursive === true;
    throw Object.assign(new Error("mkdir"), { code: isRecursive ? "ENOENT" : "EROFS" });
  });
}

describe("a folder on a read-only file system", () => {
  it("is said to be so where files are saved into it", async () => {
    makeReadOnly();
    const saving = saveFiles(join(folder, "a", "b"), [{ name: "c.json", content: "{}" }]);
    await expect(saving).rejects.toThrow("found a read-only file system");
  });

  it("is said to be so where it is made for a file", async () => {
    makeReadOnly();
    const writing = writeFileAside(join(folder, "a", "c.png"), new Uint8Array(1), { createFolder: true });
    await expect(writing).rejects.toThrow("found a read-only file system");
  });

  it("is told from a file in its way", async () => {
    await writeFile(join(folder, "a"), "");
    const saving = saveFiles(join(folder, "a", "b"), [{ name: "c.json", content: "{}" }]);
    await expect(saving).rejects.toThrow("found a file where the path has a folder");
  });
});
