import { describe, expect, it } from "vitest";
import { splitIntoShards } from "./split-into-shards.ts";

const lengths = new Map([
  ["a", 6],
  ["b", 6],
  ["c", 2],
  ["d", 6],
  ["e", 2],
  ["f", 2],
]);

function shardsOf(maxShardBytes: number, weights: ReadonlyMap<string, number> = lengths): string[] {
  return [...splitIntoShards(weights, { maxShardBytes, variant: undefined }).files.values()].map((names) =>
    names.join(""),
  );
}

describe("splitIntoShards", () => {
  // The example of huggingface_hub's own documentation, then its results for the same sizes.
  it.each([
    [10, ["a", "bc", "def"]],
    [9, ["a", "bc", "de", "f"]],
    [5, ["a", "b", "d", "ce", "f"]],
    [1, ["a", "b", "c", "d", "e", "f"]],
    [23, ["abcde", "f"]],
    [24, ["abcdef"]],
  ])("begins a new shard where an array does not fit: %d bytes", (maxShardBytes, shards) => {
    expect(shardsOf(maxShardBytes)).toEqual(shards);
  });

  it("has one file and no index where all fit, also for arrays without elements", () => {
    const whole = splitIntoShards(lengths, { maxShardBytes: 24, variant: "fp16" });
    expect([...whole.files.keys()]).toEqual(["diffusion_pytorch_model.fp16.safetensors"]);
    expect(whole.index).toBeUndefined();
    expect(shardsOf(1, new Map([["x", 0]]))).toEqual(["x"]);
    expect(shardsOf(1, new Map())).toEqual([""]);
  });

  it("names the shards and lists them, sorted, in the index", () => {
    const { files, index } = splitIntoShards(
      new Map([
        ["b", 4],
        ["a", 4],
      ]),
      { maxShardBytes: 4, variant: undefined },
    );
    expect([...files]).toEqual([
      ["diffusion_pytorch_model-00001-of-00002.safetensors", ["b"]],
      ["diffusion_pytorch_model-00002-of-00002.safetensors", ["a"]],
    ]);
    expect(index).toEqual({
      name: "diffusion_pytorch_model.safetensors.index.json",
      text: `{
  "metadata": {
    "total_size": 8
  },
  "weight_map": {
    "a": "diffusion_pytorch_model-00002-of-00002.safetensors",
    "b": "diffusion_pytorch_model-00001-of-00002.safetensors"
  }
}
`,
    });
  });
});
