import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  contentId,
  formatListing,
  isCommit,
  isSafeFile,
  isSha256,
  parseListedFile,
  parseListing,
  parseObjectId,
} from "./listing.ts";

const gitId = "1".repeat(40);
const lfsId = "2".repeat(64);

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
    const lfs = { oid: lfsId, size: 99, pointerSize: 130 };
    const file = parseListedFile({ path: "w.bin", size: 99, oid: gitId, lfs, xetHash: "3".repeat(64) });
    expect(file).toMatchObject({ size: 99, sha256: lfsId, xetHash: "3".repeat(64) });
    expect(file && contentId(file)).toBe(lfsId);
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
    [{ path: "x", size: 1, oid: lfsId }],
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

const sha1 = "9e26dfeeb6e641a33dae4961196235bdb965b21b";
const sha256 = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9";

describe("parseObjectId", () => {
  it.each([
    [sha1, sha1],
    [`"${sha1}"`, sha1],
    [`W/"${sha256}"`, sha256],
    [` "${sha256}" `, sha256],
    [sha1.toUpperCase(), sha1],
    [`"${sha1}-gzip"`, sha1],
    [`W/"${sha256}--gzip"`, sha256],
    [`"${sha1};br"`, sha1],
  ])("reads %j", (etag, id) => {
    expect(parseObjectId(etag)).toBe(id);
  });

  it.each([
    null,
    undefined,
    "",
    '""',
    "abc",
    `${sha1}0`,
    `../${sha1}`,
    `${sha1}-4`,
    "99914b932bd37a50b983c5e7c90ae93b",
    `${sha1.slice(1)}/`,
    '"5d41402abc4b2a76-3"',
  ])("refuses %j", (etag) => {
    expect(parseObjectId(etag)).toBeUndefined();
  });

  it("gives nothing that could not be the name of a file", () => {
    fc.assert(
      fc.property(fc.string(), (etag) => {
        const id = parseObjectId(etag);
        return id === undefined || /^[0-9a-f]+$/.test(id);
      }),
    );
  });
});

it("commits are 40 digits in lower case, SHA-256 are 64", () => {
  expect(isCommit(sha1)).toBe(true);
  expect(isCommit(sha1.toUpperCase())).toBe(false);
  expect(isCommit(sha1.slice(1))).toBe(false);
  expect(isCommit(`${sha1}\n`)).toBe(false);
  expect(isSha256(sha256)).toBe(true);
  expect(isSha256(sha1)).toBe(false);
});

// As written by huggingface_hub 2.0's write_tree_cache.
const python = `{
 "format_version": 1,
 "files": {
  "config.json": {
   "size": 519,
   "blob_id": "${"1".repeat(40)}"
  },
  "w.safetensors": {
   "size": 1234,
   "blob_id": "${"2".repeat(40)}",
   "lfs_sha256": "${"3".repeat(64)}",
   "lfs_size": 1234,
   "xet_hash": "${"4".repeat(64)}"
  }
 }
}`;

describe("kept listings", () => {
  it("are read and written as huggingface_hub does", () => {
    const listing = parseListing(python);
    expect(listing?.get("w.safetensors")).toEqual({
      path: "w.safetensors",
      size: 1234,
      gitId: "2".repeat(40),
      sha256: "3".repeat(64),
      xetHash: "4".repeat(64),
    });
    expect(listing && formatListing(listing)).toBe(python);
  });

  it.each([
    "",
    "null",
    '{"format_version": 1}',
    '{"format_version": 2, "files": {}}',
    '{"format_version": 1, "files": {"a": null}}',
    '{"format_version": 1, "files": {"../a": {"size": 1, "blob_id": "1111111111111111111111111111111111111111"}}}',
    '{"format_version": 1, "files": {"a": {"size": 1, "blob_id": "x"}}}',
  ])("out of form are not taken: %s", (text) => {
    expect(parseListing(text)).toBeUndefined();
  });

  it("keep a file called __proto__", () => {
    const entry = { size: 1, blob_id: "1".repeat(40) };
    const text = `{"format_version": 1, "files": {"__proto__": ${JSON.stringify(entry)}}}`;
    const listing = parseListing(text);
    expect([...(listing?.keys() ?? [])]).toEqual(["__proto__"]);
    expect(parseListing(listing ? formatListing(listing) : "")?.size).toBe(1);
  });
});
