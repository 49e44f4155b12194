import type { DType } from "@onestep/graph";
import { describe, expect, it, vi } from "vitest";
import { memoryFile } from "../__fixtures__/memory-repository.ts";
import { CheckpointError, WeightsMismatchError } from "../errors.ts";
import type { CheckpointTensor } from "./checkpoint.ts";
import { matchWeights } from "./match-weights.ts";

const file = memoryFile("x", new Uint8Array(0));

function tensor(shape: readonly number[], dtype: DType = "float32"): CheckpointTensor {
  return { dtype, shape, file, offset: 0, length: 0 };
}

const formerNames = { to_q: "query", to_k: "key", to_v: "value", "to_out.0": "proj_attn" };

describe("matchWeights", () => {
  it("accepts a checkpoint with exactly the weights asked for, in any float type", () => {
    const expected = [
      { name: "a", shape: [2, 3] },
      { name: "b", shape: [2] },
    ];
    const tensors = new Map([
      ["b", tensor([2], "bfloat16")],
      ["a", tensor([2, 3], "float16")],
    ]);
    expect(matchWeights("x", expected, tensors)).toEqual(tensors);
  });

  it("finds the weights of attention under their names of old", () => {
    const layers = ["group_norm", "to_q", "to_k", "to_v", "to_out.0"];
    const expected = layers.map((layer) => ({ name: `mid_block.attentions.0.${layer}.weight`, shape: [2] }));
    const stored = ["group_norm", "query", "key", "value", "proj_attn"].map(
      (layer) => [`mid_block.attentions.0.${layer}.weight`, tensor([2])] as const,
    );
    const matched = matchWeights("x", expected, new Map(stored), { formerNames });
    expect([...matched.keys()]).toEqual(expected.map(({ name }) => name));
    expect([...matched.values()]).toEqual(stored.map(([, array]) => array));
  });

  it("takes the array under the old name where both are there, as diffusers does, and says so", () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const expected = [{ name: "attentions.0.to_q.weight", shape: [2] }];
    const old = tensor([2]);
    const tensors = new Map([
      ["attentions.0.to_q.weight", tensor([2])],
      ["attentions.0.query.weight", old],
    ]);
    const matched = matchWeights("x", expected, tensors, { formerNames });
    expect(matched.get("attentions.0.to_q.weight")).toBe(old);
    expect(warn.mock.calls[0]?.[0]).toContain(
      "attentions.0.query.weight in place of attentions.0.to_q.weight",
    );
  });

  it("leaves out without a word what the model is known not to need", () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const tensors = new Map([
      ["a", tensor([1])],
      ["embeddings.position_ids", tensor([1, 77], "int64")],
    ]);
    const ignores = (name: string): boolean => name.endsWith("position_ids");
    expect([...matchWeights("x", [{ name: "a", shape: [1] }], tensors, { ignores }).keys()]).toEqual(["a"]);
    expect(warn).not.toHaveBeenCalled();
  });

  it("leaves out what the model has no place for, in any type, and says so", () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const needed = tensor([1]);
    const tensors = new Map([
      ["time_proj.W", tensor([1])],
      ["time_proj.weight", needed],
      ["num_updates", tensor([], "int64")],
      ["counts", tensor([4], "uint16")],
      ["_marker", tensor([0])],
    ]);
    const matched = matchWeights("x", [{ name: "time_proj.weight", shape: [1] }], tensors);
    expect([...matched]).toEqual([["time_proj.weight", needed]]);
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      "[onestep] x: the model has no place for time_proj.W, num_updates, counts, _marker, which are left out.",
    );
  });

  it("shortens a name that is longer than a line, and shows what is in it", () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const tensors = new Map([
      ["a", tensor([1])],
      ["\u001b[2J".repeat(1000), tensor([1])],
    ]);
    matchWeights("x", [{ name: "a", shape: [1] }], tensors);
    expect(warn.mock.calls.join().length).toBeLessThan(700);
    expect(warn.mock.calls.join()).not.toContain("\u001b");
  });

  it.each([
    ["module.", "conv_in.weight", "mid_block.resnets.0.conv1.weight"],
    ["_orig_mod.", "conv_in.weight", "mid_block.resnets.0.conv1.weight"],
    ["module._orig_mod.", "conv_in.weight", "mid_block.resnets.0.conv1.weight"],
    ["unet.", "conv_in.weight", "mid_block.resnets.0.conv1.weight"],
    ["model.diffusion_model.", "conv_in.weight", "mid_block.resnets.0.conv1.weight"],
    ["", "conv_in.weight", "mid_block._orig_mod.resnets.0.conv1.weight"],
    ["unet.", "_fsdp_wrapped_module.conv_in.weight", "mid_block._fsdp_wrapped_module.resnets.0.conv1.weight"],
  ])("takes off what names are wrapped in: %s%s, %s", (prefix, first, second) => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const arrays = [tensor([1]), tensor([2])] as const;
    const tensors = new Map([
      [`${prefix}${first}`, arrays[0]],
      [`${prefix}${second}`, arrays[1]],
    ]);
    const expected = [
      { name: "conv_in.weight", shape: [1] },
      { name: "mid_block.resnets.0.conv1.weight", shape: [2] },
    ];
    expect([...matchWeights("x", expected, tensors)]).toEqual([
      ["conv_in.weight", arrays[0]],
      ["mid_block.resnets.0.conv1.weight", arrays[1]],
    ]);
    expect(warn.mock.calls.length).toBe(prefix === "" ? 0 : 1);
    if (prefix !== "") expect(warn.mock.calls.join()).toContain(`begin with ${prefix}`);
  });

  it("takes the name without a wrapper where both are there, and says what is left out", () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const plain = tensor([1]);
    const wrapped = new Map([
      ["module.a", tensor([1])],
      ["a", plain],
    ]);
    expect(matchWeights("x", [{ name: "a", shape: [1] }], wrapped).get("a")).toBe(plain);
    expect(warn.mock.calls.join()).toContain("no place for module.a");
  });

  it("refuses the arrays of two models, since either may be meant", () => {
    const tensors = new Map([
      ["unet.a", tensor([1])],
      ["unet_ema.a", tensor([1])],
    ]);
    const match = () => matchWeights("x", [{ name: "a", shape: [1] }], tensors);
    expect(match).toThrow(CheckpointError);
    expect(match).toThrow(/^x: found the arrays of several models, .* begin with unet\. and unet_ema\./);
  });

  it("names the type of an array that no model can use", () => {
    const match = () =>
      matchWeights("x", [{ name: "a", shape: [2] }], new Map([["a", tensor([2], "uint16")]]));
    expect(match).toThrow(/misshapen: a: found uint16 \[2\], expected float32 \(or another float\) \[2\]/);
  });

  it("says where arrays with the names of OpenAI's code are loaded", () => {
    const stored = new Map([["input_blocks.0.0.weight", tensor([1])]]);
    expect(() => matchWeights("x", [{ name: "conv_in.weight", shape: [1] }], stored)).toThrow(
      /`fromSingleFile`/,
    );
  });

  it("lists everything that is missing, unexpected or misshapen in one error", () => {
    const expected = [
      { name: "absent", shape: [1] },
      { name: "wide", shape: [2, 3] },
      { name: "counted", shape: [4] },
    ];
    const tensors = new Map([
      ["wide", tensor([3, 2])],
      ["counted", tensor([4], "int64")],
      ["stray", tensor([1])],
    ]);
    let caught: unknown;
    try {
      matchWeights("weights of test", expected, tensors);
    } catch (error) {
      caught = error;
    }
    expect(WeightsMismatchError.isInstance(caught)).toBe(true);
    const error = caught as WeightsMismatchError;
    expect(error.code).toBe("weights-mismatch");
    expect(error.mismatch.missing).toEqual(["absent"]);
    expect(error.mismatch.unexpected).toEqual(["stray"]);
    expect(error.mismatch.misshapen).toEqual([
      { name: "wide", found: "float32 [3, 2]", expected: "float32 (or another float) [2, 3]" },
      { name: "counted", found: "int64 [4]", expected: "float32 (or another float) [4]" },
    ]);
    expect(error.message).toMatch(
      /^weights of test: found 1 missing, 1 unexpected and 2 misshapen weights, expected the weights of the network in config.json/,
    );
    expect(error.message).toContain("missing: absent");
    expect(error.message).toContain("unexpected: stray");
    expect(error.message).toContain("misshapen: wide: found float32 [3, 2], expected");
  });

  it("shortens long lists in the message, not in `mismatch`", () => {
    const expected = Array.from({ length: 50 }, (_, index) => ({ name: `w${index}`, shape: [1] }));
    let caught: unknown;
    try {
      matchWeights("x", expected, new Map());
    } catch (error) {
      caught = error;
    }
    expect((caught as WeightsMismatchError).mismatch.missing).toHaveLength(50);
    expect((caught as WeightsMismatchError).message).toContain("missing: and 30 more");
  });
});
