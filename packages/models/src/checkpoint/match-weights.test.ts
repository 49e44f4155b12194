import { describe, expect, it } from "vitest";
import { memoryFile } from "../__fixtures__/memory-repository.ts";
import type { ElementType } from "../graph/element-type.ts";
import type { CheckpointTensor } from "./checkpoint.ts";
import { matchWeights } from "./match-weights.ts";
import { WeightsMismatchError } from "./weights-mismatch-error.ts";

const file = memoryFile("x", new Uint8Array(0));

function tensor(shape: readonly number[], elementType: ElementType = "float32"): CheckpointTensor {
  return { elementType, shape, file, offset: 0, length: 0 };
}

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
    const matched = matchWeights("x", expected, new Map(stored));
    expect([...matched.keys()]).toEqual(expected.map(({ name }) => name));
    expect([...matched.values()]).toEqual(stored.map(([, array]) => array));
  });

  it("reports an array under an old name that is there under the new one as well", () => {
    const expected = [{ name: "attentions.0.to_q.weight", shape: [2] }];
    const tensors = new Map([
      ["attentions.0.to_q.weight", tensor([2])],
      ["attentions.0.query.weight", tensor([2])],
    ]);
    expect(() => matchWeights("x", expected, tensors)).toThrow(/unexpected: attentions.0.query.weight/);
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
    expect(error.message).toMatch(/^weights of test: found 1 missing, 1 unexpected and 2 misshapen weights/);
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
