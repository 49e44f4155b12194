import { describe, expect, it } from "vitest";
import { IntegrityError } from "../errors.ts";
import {
  describeSystemError,
  isNotThere,
  systemErrorCode,
  toCacheWriteError,
  toFileReadError,
} from "./system-error.ts";

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: it did not work`), { code });
}

describe("errors of the operating system", () => {
  it("are told in words, with their codes", () => {
    expect(describeSystemError(systemError("ENOSPC"))).toBe("no space left on the device (ENOSPC)");
    expect(describeSystemError(systemError("ENEW"))).toBe("ENEW");
    expect(describeSystemError(new Error("plain"))).toBe("plain");
    expect(describeSystemError("text")).toBe("text");
    expect(systemErrorCode(systemError("EPERM"))).toBe("EPERM");
    expect(systemErrorCode({ code: "EPERM" })).toBeUndefined();
    expect(isNotThere(systemError("ENOENT"))).toBe(true);
    expect(isNotThere(systemError("EACCES"))).toBe(false);
  });

  it.each([
    ["EROFS", "a read-only file system (EROFS)"],
    ["EACCES", "permission denied (EACCES)"],
    ["ENOSPC", "no space left on the device (ENOSPC)"],
    ["ENOTDIR", "a file where a folder should be (ENOTDIR)"],
  ])("while writing become CacheWriteErrors: %s", (code, found) => {
    const cause = systemError(code);
    const error = toCacheWriteError("/cache/x", cause);
    expect(error).toMatchObject({ code: "cache-write", cause });
    expect(error.message).toBe(
      `/cache/x: found ${found}, expected a place in the cache that can be written. Make room or grant access, or ` +
        "name another cache folder (option cacheDir, HF_HUB_CACHE or HF_HOME); pass localFilesOnly: true to use only " +
        "what is cached.",
    );
  });

  it("while reading become FileReadErrors", () => {
    expect(toFileReadError("/x", systemError("EIO"))).toMatchObject({ code: "file-read" });
  });

  it("pass as they are where they are typed already", () => {
    const typed = new IntegrityError("typed");
    expect(toCacheWriteError("/x", typed)).toBe(typed);
    expect(toFileReadError("/x", typed)).toBe(typed);
  });
});
