import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { FileWriteError } from "@onestep/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkWritable, nameFiles, nameFilesByDefault, reserveFiles } from "./output-files.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-cli-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe("nameFiles", () => {
  it("numbers the files where there are several", () => {
    expect(nameFiles("a/b.png", 1)).toEqual(["a/b.png"]);
    expect(nameFiles("a/b.PNG", 3)).toEqual(["a/b-0.PNG", "a/b-1.PNG", "a/b-2.PNG"]);
  });
});

describe("nameFilesByDefault", () => {
  it("replaces nothing", async () => {
    expect(await nameFilesByDefault(1, folder)).toEqual([join(folder, "onestep.png")]);
    await writeFile(join(folder, "onestep.png"), "");
    expect(await nameFilesByDefault(1, folder)).toEqual([join(folder, "onestep-2.png")]);
  });

  it("replaces none of several", async () => {
    await writeFile(join(folder, "onestep-1.png"), "");
    expect(await nameFilesByDefault(2, folder)).toEqual([
      join(folder, "onestep-2-0.png"),
      join(folder, "onestep-2-1.png"),
    ]);
  });

  it("names files in the current folder without one", async () => {
    expect((await nameFilesByDefault(1))[0]).toMatch(/^onestep(-\d+)?\.png$/);
  });
});

describe("checkWritable", () => {
  it("is content where files can be written, over others too", async () => {
    await writeFile(join(folder, "old.png"), "");
    await checkWritable([join(folder, "new.png"), join(folder, "old.png"), "here.png"]);
  });

  it("refuses a folder that is missing", async () => {
    const file = join(folder, "missing", "a.png");
    await expect(checkWritable([file])).rejects.toThrow(FileWriteError);
    await expect(checkWritable([file])).rejects.toThrow(
      `${file}: found no folder ${join(folder, "missing")}, expected a folder that exists. Make the folder first`,
    );
  });

  it("refuses the name of a folder", async () => {
    await mkdir(join(folder, "a.png"));
    await expect(checkWritable([join(folder, "a.png")])).rejects.toThrow(FileWriteError);
    await expect(checkWritable([join(folder, "a.png")])).rejects.toThrow("found a folder, expected a file");
  });
});

describe("reserveFiles", () => {
  it("gives each of several callers at once names of its own", async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => reserveFiles(1, folder)));
    expect(new Set(all.flat()).size).toBe(4);
    expect((await readdir(folder)).sort()).toEqual(
      all
        .flat()
        .map((file) => basename(file))
        .sort(),
    );
  });

  it("takes none of several where one is taken, and leaves nothing behind", async () => {
    await writeFile(join(folder, "onestep-1.png"), "mine");
    expect((await reserveFiles(2, folder)).map((file) => basename(file))).toEqual([
      "onestep-2-0.png",
      "onestep-2-1.png",
    ]);
    expect((await readdir(folder)).sort()).toEqual(["onestep-1.png", "onestep-2-0.png", "onestep-2-1.png"]);
  });

  it("says where nothing can be made", async () => {
    await expect(reserveFiles(1, join(folder, "missing"))).rejects.toThrow(FileWriteError);
  });
});
