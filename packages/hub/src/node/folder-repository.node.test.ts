import { mkdir, realpath, rename, symlink, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { InvalidArgumentError, type ProgressEvent } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { caught } from "../__fixtures__/caught.ts";
import { temporaryFolders } from "../__fixtures__/temporary-folders.ts";
import {
  EntryNotFoundError,
  FileReadError,
  IntegrityError,
  RepositoryNotFoundError,
  UnsafePathError,
} from "../errors.ts";
import { openRepository } from "../open-repository.ts";

const makeFolder = temporaryFolders();

async function makeModel(): Promise<string> {
  const folder = await makeFolder();
  await mkdir(join(folder, "unet"));
  await mkdir(join(folder, ".git"));
  await mkdir(join(folder, ".cache"));
  await writeFile(join(folder, "model_index.json"), "{}");
  await writeFile(join(folder, "unet", "config.json"), '{"a": 1}');
  await writeFile(join(folder, ".gitattributes"), "");
  await writeFile(join(folder, ".git", "HEAD"), "");
  return folder;
}

describe("a folder as a repository", () => {
  it("is found by path, relative path and file: URL, and lists its files", async () => {
    const folder = await makeModel();
    for (const source of [folder, `${folder}/`, pathToFileURL(folder), pathToFileURL(folder).href]) {
      const repository = await openRepository(source);
      expect(repository.name).toBe(String(source));
      expect(repository.commit).toBeUndefined();
      expect(await repository.list()).toEqual([".gitattributes", "model_index.json", "unet/config.json"]);
    }
  });

  it("gives a file's place, size, bytes and text", async () => {
    const folder = await makeModel();
    const repository = await openRepository(folder);
    const events: ProgressEvent[] = [];
    const file = await repository.get("unet/config.json", { onProgress: (event) => events.push(event) });
    expect(file.path).toBe("unet/config.json");
    expect(file.size).toBe(8);
    expect(file.localPath).toBe(join(folder, "unet", "config.json"));
    expect(await file.text()).toBe('{"a": 1}');
    expect(Buffer.from(await file.read(1, 4)).toString()).toBe('"a"');
    expect(await file.read(8, 8)).toHaveLength(0);
    expect(events).toEqual([
      { type: "file-start", file: "unet/config.json", totalBytes: 8, cached: true },
      { type: "file-end", file: "unet/config.json", totalBytes: 8, cached: true },
    ]);
  });

  it("wins over a Hub id of the same name", async () => {
    const folder = await makeModel();
    const before = process.cwd();
    process.chdir(folder);
    try {
      const repository = await openRepository("unet");
      expect(await repository.list()).toEqual(["config.json"]);
    } finally {
      process.chdir(before);
    }
  });

  it("follows links as an HF snapshot has them, and lists through them without looping", async () => {
    const folder = await makeFolder();
    const blob = join(folder, "blobs", "abc");
    const snapshot = join(folder, "snapshots", "1");
    await mkdir(join(folder, "blobs"));
    await mkdir(join(snapshot, "unet"), { recursive: true });
    await writeFile(blob, "weights");
    await symlink("../../../blobs/abc", join(snapshot, "unet", "x.safetensors"));
    await symlink("..", join(snapshot, "unet", "loop"));
    await symlink("nowhere", join(snapshot, "dangling"));
    const repository = await openRepository(snapshot);
    const file = await repository.get("unet/x.safetensors");
    expect(file.localPath).toBe(await realpath(blob));
    expect(await repository.list()).toEqual(["unet/x.safetensors"]);
    expect(await repository.find("dangling")).toBeUndefined();
  });

  it("has no file where there is a folder or nothing, and says so in get", async () => {
    const folder = await makeModel();
    const repository = await openRepository(folder);
    expect(await repository.find("unet")).toBeUndefined();
    expect(await repository.find("model_index.json/x")).toBeUndefined();
    const error = await caught(repository.get("unet/none.bin"));
    expect(EntryNotFoundError.isInstance(error)).toBe(true);
    expect(error.message).toBe(
      `unet/none.bin is not in ${folder}. Check the path, the subfolder and the revision.`,
    );
  });

  it("refuses paths out of the folder", async () => {
    const repository = await openRepository(await makeModel());
    for (const path of ["../x", "/etc/passwd", "..\\x", "C:/x", "a\0"]) {
      expect(UnsafePathError.isInstance(await caught(repository.find(path)))).toBe(true);
      expect(UnsafePathError.isInstance(await caught(repository.get(path)))).toBe(true);
    }
  });

  it("reports a range outside the file, a truncated file, and bytes that are not text", async () => {
    const folder = await makeModel();
    const path = join(folder, "unet", "config.json");
    const file = await (await openRepository(folder)).get("unet/config.json");
    for (const [start, end] of [
      [-1, 2],
      [3, 2],
      [0, 9],
      [0.5, 2],
      [0, Number.NaN],
    ] as const) {
      const error = await caught(file.read(start, end));
      expect(InvalidArgumentError.isInstance(error)).toBe(true);
      expect(error.message).toContain("0 <= start <= end <= 8");
    }
    expect((await caught(file.text({ maximumBytes: 7 }))).message).toContain("text of at most 7 bytes");
    await writeFile(path, "{}");
    const shortened = await caught(file.read(0, 8));
    expect(IntegrityError.isInstance(shortened)).toBe(true);
    expect(shortened.message).toContain("an end after 2 bytes");
    await writeFile(path, Buffer.from([0xff, 0xfe, 0xff]));
    const binary = await caught((await (await openRepository(folder)).get("unet/config.json")).text());
    expect(FileReadError.isInstance(binary)).toBe(true);
    expect(binary.message).toContain("is not UTF-8 text");
  });

  it("tells a file that was replaced or rewritten since it was opened", async () => {
    const folder = await makeModel();
    const path = join(folder, "unet", "config.json");
    const repository = await openRepository(folder);
    const file = await repository.get("unet/config.json");
    await writeFile(`${path}.new`, "12345678");
    await rename(`${path}.new`, path);
    const replaced = await caught(file.read(0, 4));
    expect(IntegrityError.isInstance(replaced)).toBe(true);
    expect(replaced.message).toBe(
      `${path}: found another file, or another content, expected the same file, as when the file was opened. ` +
        "The file has changed; open the repository again.",
    );
    expect(await (await repository.get("unet/config.json")).text()).toBe("12345678");
  });

  it("stops when the signal says so", async () => {
    const folder = await makeModel();
    const signal = AbortSignal.abort(new Error("enough"));
    expect((await caught(openRepository(folder, { signal }))).message).toBe("enough");
    const repository = await openRepository(folder);
    const file = await repository.get("unet/config.json");
    expect((await caught(repository.find("model_index.json", { signal }))).message).toBe("enough");
    expect((await caught(repository.list({ signal }))).message).toBe("enough");
    expect((await caught(file.read(0, 1, { signal }))).message).toBe("enough");
  });

  it("tells a folder that is not there, or is a file", async () => {
    const folder = await makeModel();
    const missing = await caught(openRepository(pathToFileURL(join(folder, "none"))));
    expect(RepositoryNotFoundError.isInstance(missing)).toBe(true);
    expect(missing.message).toContain("found nothing, expected a folder");
  });

  it.each([
    ["model_index.json", "Pass the folder that it is in."],
    ["weights.pt", "Load a checkpoint in one file with `fromSingleFile`"],
    ["weights", "Load a checkpoint in one file with `fromSingleFile`"],
  ])("tells how to load what is a file: %s", async (name, remedy) => {
    const path = join(await makeModel(), name);
    await writeFile(path, "{}");
    for (const source of [path, pathToFileURL(path), relative(process.cwd(), path)]) {
      const error = await caught(openRepository(source));
      expect(InvalidArgumentError.isInstance(error)).toBe(true);
      expect(error.message).toContain("found a file, expected a folder");
      expect(error.message).toContain(remedy);
    }
  });
});
