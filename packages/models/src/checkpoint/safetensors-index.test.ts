import { describe, expect, it } from "vitest";
import { CheckpointError } from "./checkpoint-error.ts";
import { readSafetensorsIndex } from "./safetensors-index.ts";

describe("readSafetensorsIndex", () => {
  it("says which shard holds which array", () => {
    const text =
      '{"metadata":{"total_size":8},"weight_map":{"a":"m-00001-of-00002.safetensors","b":"m-00002-of-00002.safetensors"}}';
    expect([...readSafetensorsIndex(text, "index.json")]).toEqual([
      ["a", "m-00001-of-00002.safetensors"],
      ["b", "m-00002-of-00002.safetensors"],
    ]);
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
    ["a shard that is a number", '{"weight_map":{"a":1}}', /"a" in 1/],
  ])("refuses %s", (_what, text, message) => {
    expect(() => readSafetensorsIndex(text, "index.json")).toThrow(CheckpointError);
    expect(() => readSafetensorsIndex(text, "index.json")).toThrow(message);
  });
});
