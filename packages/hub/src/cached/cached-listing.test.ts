import { describe, expect, it } from "vitest";
import { formatListing, parseListing } from "./cached-listing.ts";

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
