import { describe, expect, it } from "vitest";
import { contentId, isSafeFile, parseListedFile } from "./listed-file.ts";

const gitId = "1".repeat(40);
const sha256 = "2".repeat(64);

describe("parseListedFile", () => {
  it("reads a file in git", () => {
    const file = parseListedFile({ type: "file", path: "unet/config.json", size: 12, oid: gitId });
    expect(file).toEqual({
      path: "unet/config.json",
      size: 12,
      gitId,
      sha256: undefined,
      xetHash: undefined,
    });
    expect(file && contentId(file)).toBe(gitId);
  });

  it("reads a file in LFS and Xet", () => {
    const lfs = { oid: sha256, size: 99, pointerSize: 130 };
    const file = parseListedFile({ path: "w.bin", size: 99, oid: gitId, lfs, xetHash: "3".repeat(64) });
    expect(file).toMatchObject({ size: 99, sha256, xetHash: "3".repeat(64) });
    expect(file && contentId(file)).toBe(sha256);
  });

  it.each([
    [null],
    ["file"],
    [[]],
    [{ path: 7, size: 1, oid: gitId }],
    [{ path: "../x", size: 1, oid: gitId }],
    [{ path: "x", size: -1, oid: gitId }],
    [{ path: "x", size: 1.5, oid: gitId }],
    [{ path: "x", size: 2 ** 60, oid: gitId }],
    [{ path: "x", size: "1", oid: gitId }],
    [{ path: "x", size: 1, oid: sha256 }],
    [{ path: "x", size: 1, oid: gitId, lfs: { oid: "../../x", size: 1 } }],
    [{ path: "x", size: 1, oid: gitId.replace("1", "g") }],
  ])("refuses %j", (entry) => {
    expect(parseListedFile(entry)).toBeUndefined();
  });
});

it("isSafeFile leaves out folders and paths out of the repository", () => {
  expect(isSafeFile({ type: "file", path: "a" })).toBe(true);
  expect(isSafeFile({ type: "directory", path: "a" })).toBe(false);
  expect(isSafeFile({ type: "file", path: "../a" })).toBe(false);
  expect(isSafeFile(null)).toBe(false);
});
