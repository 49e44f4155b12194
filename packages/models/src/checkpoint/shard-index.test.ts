import { describe, expect, it } from "vitest";
import { CheckpointError } from "../errors.ts";
import { readShardIndex } from "./shard-index.ts";

describe("readShardIndex", () => {
  it("says which shard holds which array", () => {
    const text =
      '{"metadata":{"total_size":8},"weight_map":{"a":"m-00001-of-00002.safetensors","b":"m-00002-of-00002.safetensors"}}';
    expect([...readShardIndex(text, "index.json", ".safetensors")]).toEqual([
      ["a", "m-00001-of-00002.safetensors"],
      ["b", "m-00002-of-00002.safetensors"],
    ]);
  });

  it("reads the index of files of torch, whose shards end otherwise", () => {
    const text = '{"weight_map":{"a":"m-00001-of-00002.bin"}}';
    expect([...readShardIndex(text, "index.json", ".bin")]).toEqual([["a", "m-00001-of-00002.bin"]]);
    expect(() => readShardIndex(text, "index.json", ".safetensors")).toThrow(
      /the name of a .safetensors file/,
    );
  });

  it.each([
    ["no weight_map", "{}", /found no weight_map/],
    ["a weight_map that is a list", '{"weight_map":[]}', /found \[\], expected an object/],
    [
      "a shard that leads out of the folder",
      '{"weight_map":{"a":"../x.safetensors"}}',
      /the name of a .safetensors file/,
    ],
    ["a shard in another folder", '{"weight_map":{"a":"b/x.safetensors"}}', /"a" in "b\/x.safetensors"/],
    ["an absolute shard", '{"weight_map":{"a":"/etc/x.safetensors"}}', /"a" in "\/etc/],
    ["a shard of another kind", '{"weight_map":{"a":"x.bin"}}', /"a" in "x.bin"/],
    [
      "a shard with a backslash",
      '{"weight_map":{"a":"..\\\\x.safetensors"}}',
      /the name of a .safetensors file/,
    ],
    ["a shard on a drive", '{"weight_map":{"a":"c:x.safetensors"}}', /"a" in "c:x.safetensors"/],
    [
      "a shard that is a URL",
      '{"weight_map":{"a":"http://x/y.safetensors"}}',
      /the name of a .safetensors file/,
    ],
    ["a shard with a NUL", '{"weight_map":{"a":"x\\u0000.safetensors"}}', /the name of a .safetensors file/],
    ["a shard that is hidden", '{"weight_map":{"a":".safetensors"}}', /"a" in ".safetensors"/],
    ["a shard that is a number", '{"weight_map":{"a":1}}', /"a" in 1/],
  ])("refuses %s", (_what, text, message) => {
    expect(() => readShardIndex(text, "index.json", ".safetensors")).toThrow(CheckpointError);
    expect(() => readShardIndex(text, "index.json", ".safetensors")).toThrow(message);
  });
});
