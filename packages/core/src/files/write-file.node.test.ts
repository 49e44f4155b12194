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
import { writeFileAside } from "./write-files.node.ts";

let folder: string;
const bytes = new TextEncoder().encode("new");

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-write-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function* pieces(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield new TextEncoder().encode(part);
}

describe("writeFileAside", () => {
  it("writes bytes to a path and to a file: URL, and leaves nothing else", async () => {
    await writeFileAside(join(folder, "a"), bytes);
    await writeFileAside(pathToFileURL(join(folder, "b c")), bytes);
    expect((await readdir(folder)).sort()).toEqual(["a", "b c"]);
    expect(await readFile(join(folder, "b c"), "utf8")).toBe("new");
  });

  it("writes pieces as they come, and an empty file", async () => {
    await writeFileAside(join(folder, "a"), pieces("one ", "", "two"));
    await writeFileAside(join(folder, "empty"), pieces());
    expect(await readFile(join(folder, "a"), "utf8")).toBe("one two");
    expect(await readFile(join(folder, "empty"), "utf8")).toBe("");
  });

  it("replaces a file and keeps its permissions", async () => {
    const path = join(folder, "a");
    await writeFile(path, "old and longer");
    await chmod(path, 0o640);
    await writeFileAside(path, bytes);
    expect(await readFile(path, "utf8")).toBe("new");
    expect((await stat(path)).mode & 0o777).toBe(0o640);
  });

  it("makes the folders above the file where it is told to", async () => {
    const path = join(folder, "a", "b", "c");
    await writeFileAside(path, bytes, { createFolder: true });
    await writeFileAside(path, bytes, { createFolder: true });
    expect(await readFile(path, "utf8")).toBe("new");
    expect(await readdir(join(folder, "a", "b"))).toEqual(["c"]);
  });

  it("follows a link and leaves it a link", async () => {
    await writeFile(join(folder, "real"), "old");
    await symlink("real", join(folder, "link"));
    await writeFileAside(join(folder, "link"), bytes);
    expect(await readlink(join(folder, "link"))).toBe("real");
    expect(await readFile(join(folder, "real"), "utf8")).toBe("new");
  });
});

describe("writeFileAside that fails", () => {
  it("throws on what the pieces' source throws, keeps the old file and removes the new one", async () => {
    const path = join(folder, "a");
    await writeFile(path, "old");
    const failure = new Error("the source broke");
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield bytes;
      throw failure;
    }
    await expect(writeFileAside(path, broken())).rejects.toBe(failure);
    expect(await readdir(folder)).toEqual(["a"]);
    expect(await readFile(path, "utf8")).toBe("old");
  });

  it("stops between two pieces when aborted, and does not start when aborted before", async () => {
    const controller = new AbortController();
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield bytes;
      controller.abort(new Error("enough"));
      for (;;) yield bytes;
    }
    const options = { signal: controller.signal };
    await expect(writeFileAside(join(folder, "a"), endless(), options)).rejects.toThrow("enough");
    await expect(writeFileAside(join(folder, "a"), bytes, options)).rejects.toThrow("enough");
    expect(await readdir(folder)).toEqual([]);
  });

  it("says that the folder is missing", async () => {
    const path = join(folder, "missing", "a");
    const write = writeFileAside(path, bytes);
    await expect(write).rejects.toThrow(FileWriteError);
    await expect(write).rejects.toThrow(
      `${path}: found no folder ${join(folder, "missing")}, expected a folder that exists. Make the folder first`,
    );
  });

  it("says that a parent is a file", async () => {
    await writeFile(join(folder, "file"), "");
    for (const parent of ["file", join("file", "folder")]) {
      for (const createFolder of [false, true]) {
        const write = writeFileAside(join(folder, parent, "a"), bytes, { createFolder });
        await expect(write).rejects.toThrow(FileWriteError);
        await expect(write).rejects.toThrow("found a file where the path has a folder");
      }
    }
    expect(await readdir(folder)).toEqual(["file"]);
  });

  it("refuses a folder and a device", async () => {
    await mkdir(join(folder, "folder"));
    await expect(writeFileAside(join(folder, "folder"), bytes)).rejects.toThrow(FileWriteError);
    await expect(writeFileAside(join(folder, "folder"), bytes)).rejects.toThrow(
      "found a folder, expected a file",
    );
    await expect(writeFileAside("/dev/null", bytes)).rejects.toThrow(
      "/dev/null: found something that is not a file, expected a file",
    );
    expect((await stat("/dev/null")).isFile()).toBe(false);
  });

  it("says that a name is too long", async () => {
    const write = writeFileAside(join(folder, "x".repeat(300)), bytes);
    await expect(write).rejects.toThrow(FileWriteError);
    await expect(write).rejects.toThrow("found a name that is too long");
    expect(await readdir(folder)).toEqual([]);
  });

  it("keeps the cause", async () => {
    const error = await writeFileAside(join(folder, "missing", "a"), bytes).catch(
      (reason: unknown) => reason,
    );
    expect(FileWriteError.isInstance(error) && (error.cause as NodeJS.ErrnoException).code).toBe("ENOENT");
  });

  it.each([[""], ["a\0b"], [new URL("https://example.com/a.png")], [7 as unknown as string]])(
    "refuses the path %s",
    async (path) => {
      await expect(writeFileAside(path, bytes)).rejects.toThrow(InvalidArgumentError);
      await expect(writeFileAside(path, bytes)).rejects.toThrow(
        /^path: found .* expected the path of a file, or a file: URL/,
      );
    },
  );

  it("refuses content that is no bytes before anything is written", async () => {
    const content = "text" as unknown as Uint8Array;
    await expect(writeFileAside(join(folder, "a"), content)).rejects.toThrow(InvalidArgumentError);
    await expect(writeFileAside(join(folder, "a"), content)).rejects.toThrow(
      /^content: found String, expected a Uint8Array/,
    );
    expect(await readdir(folder)).toEqual([]);
  });
});
