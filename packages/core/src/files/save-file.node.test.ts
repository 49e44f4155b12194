import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileWriteError } from "../errors.ts";
import { saveFile } from "./write-files.node.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-save-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("saveFile", () => {
  it("makes the folders that are not there, and writes text as UTF-8", async () => {
    await saveFile(join(folder, "a", "b"), "x.json", "é\n");
    expect(await readFile(join(folder, "a", "b", "x.json"))).toEqual(Buffer.from([0xc3, 0xa9, 0x0a]));
  });

  it("takes a file: URL and pieces", async () => {
    async function* pieces(): AsyncGenerator<Uint8Array> {
      yield Uint8Array.of(1, 2);
      yield Uint8Array.of(3);
    }
    await saveFile(pathToFileURL(join(folder, "a")), "x.bin", pieces());
    expect([...(await readFile(join(folder, "a", "x.bin")))]).toEqual([1, 2, 3]);
  });

  it("says so where a file stands in the folder's place", async () => {
    await writeFile(join(folder, "taken"), "");
    const error = await saveFile(join(folder, "taken"), "x.json", "{}").catch((reason) => reason);
    expect(FileWriteError.isInstance(error)).toBe(true);
    expect(error.message).toContain(join(folder, "taken"));
  });

  it("refuses a folder without a name", async () => {
    await expect(saveFile("", "x.json", "{}")).rejects.toThrow(
      /directory: found an empty string, expected the path/,
    );
  });

  it("makes nothing for a signal that is aborted", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(saveFile(join(folder, "a"), "x.json", "{}", { signal })).rejects.toThrow("enough");
    expect(await readdir(folder)).toEqual([]);
  });
});
