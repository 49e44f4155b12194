import { mkdtemp, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FileWriteError, InvalidArgumentError } from "../errors.ts";
import { asideName, attempt, requireContent, stageFile, toFileWriteError } from "./stage-file.node.ts";

describe("stageFile", () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "onestep-stage-file-"));
    path = join(folder, "model.bin");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function* pieces(last?: Error): AsyncGenerator<Uint8Array> {
    yield Uint8Array.of(1, 2);
    if (last !== undefined) throw last;
    yield Uint8Array.of(3);
  }

  describe("stageFile", () => {
    it.each([
      ["bytes", () => Uint8Array.of(1, 2, 3)],
      ["pieces", () => pieces()],
    ])("writes %s beside the place, which it leaves alone", async (_what, content) => {
      const aside = await stageFile({ path, mode: undefined }, content(), undefined);
      expect(dirname(aside)).toBe(folder);
      expect([...(await readFile(aside))]).toEqual([1, 2, 3]);
      expect(await readdir(folder)).toHaveLength(1);
      expect(aside).not.toBe(path);
    });

    it("gives the file the permissions of the one before", async () => {
      const aside = await stageFile({ path, mode: 0o666 }, Uint8Array.of(1), undefined);
      expect((await stat(aside)).mode & 0o777).toBe(0o666);
    });

    it("leaves nothing where the source fails, and throws what it threw", async () => {
      const failure = new Error("no more");
      await expect(stageFile({ path, mode: undefined }, pieces(failure), undefined)).rejects.toBe(failure);
      expect(await readdir(folder)).toEqual([]);
    });

    it("leaves nothing where it is stopped, and throws the reason", async () => {
      const reason = new Error("stopped");
      const staging = stageFile({ path, mode: undefined }, pieces(), AbortSignal.abort(reason));
      await expect(staging).rejects.toBe(reason);
      expect(await readdir(folder)).toEqual([]);
    });

    it.each([
      ["that cannot flush", "sync", new Error("Method not implemented.")],
      ["that does not support it", "sync", Object.assign(new Error("x"), { code: "ENOTSUP" })],
      ["where modes may not be set", "chmod", Object.assign(new Error("x"), { code: "ERR_ACCESS_DENIED" })],
    ] as const)("does without what a file system lacks: one %s", async (_what, method, refusal) => {
      const own = await open(join(folder, "own"), "w");
      vi.spyOn(Object.getPrototypeOf(own), method).mockRejectedValue(refusal);
      await own.close();
      const aside = await stageFile({ path, mode: 0o600 }, Uint8Array.of(1), undefined);
      expect([...(await readFile(aside))]).toEqual([1]);
    });

    it("fails where a file cannot be flushed because of its disk", async () => {
      const own = await open(join(folder, "own"), "w");
      vi.spyOn(Object.getPrototypeOf(own), "sync").mockRejectedValue(
        Object.assign(new Error("x"), { code: "EIO" }),
      );
      await own.close();
      const staging = stageFile({ path, mode: undefined }, Uint8Array.of(1), undefined);
      await expect(staging).rejects.toThrow(FileWriteError);
      expect(await readdir(folder)).toEqual(["own"]);
    });

    it("says that there is no folder", async () => {
      const target = { path: join(folder, "gone", "model.bin"), mode: undefined };
      await expect(stageFile(target, Uint8Array.of(1), undefined)).rejects.toThrow(FileWriteError);
    });
  });

  it("names a file beside another, by a name that nobody else uses", () => {
    expect(dirname(asideName(path))).toBe(folder);
    expect(asideName(path)).not.toBe(asideName(path));
  });

  describe("requireContent", () => {
    it("takes bytes and pieces of them", () => {
      expect(() => requireContent(Uint8Array.of(1))).not.toThrow();
      expect(() => requireContent(pieces())).not.toThrow();
    });

    it.each([
      ["text", "String"],
      [[1, 2], "Array"],
      [null, "Null"],
    ])("refuses %j", (content, found) => {
      expect(() => requireContent(content)).toThrow(InvalidArgumentError);
      expect(() => requireContent(content)).toThrow(`content: found ${found}, expected a Uint8Array`);
    });
  });

  it("makes what the system refuses a FileWriteError with the path", async () => {
    const refusal = Object.assign(new Error("full"), { code: "ENOSPC" });
    const failing = attempt(path, () => Promise.reject(refusal));
    await expect(failing).rejects.toMatchObject({ code: "file-write", cause: refusal });
    await expect(failing).rejects.toThrow(`${path}: found no room left on the disk`);
    expect(await attempt(path, async () => 7)).toBe(7);
  });
});

describe("toFileWriteError", () => {
  function systemError(code: string): Error {
    return Object.assign(new Error(`${code}: the system says so`), { code });
  }

  it.each([
    [
      "ENOENT",
      "found no folder /some, expected a folder that exists. Make the folder first, or correct the path.",
    ],
    ["ENOTDIR", "found a file where the path has a folder, expected a path whose parents are folders."],
    ["EEXIST", "found a file where the path has a folder, expected a path whose parents are folders."],
    [
      "EACCES",
      "found no permission to write there, expected a folder that you may write to. Change the permissions",
    ],
    ["EPERM", "found no permission to write there"],
    ["EROFS", "found a read-only file system, expected a folder that can be written to."],
    ["ENOSPC", "found no room left on the disk, expected room for the file. Free some space"],
    ["EDQUOT", "found no room left in your disk quota"],
    ["ENAMETOOLONG", "found a name that is too long"],
    [
      "EIO",
      "found EIO: the system says so, expected a file that can be written. See the cause of this error.",
    ],
  ])("says what %s means", (code, words) => {
    const cause = systemError(code);
    const error = toFileWriteError("/some/a.png", cause);
    expect(error).toBeInstanceOf(FileWriteError);
    expect(error.message).toContain(`/some/a.png: ${words}`);
    expect(error.cause).toBe(cause);
  });

  it("takes anything thrown", () => {
    expect(toFileWriteError("/a", "words").message).toContain("found words");
  });
});
