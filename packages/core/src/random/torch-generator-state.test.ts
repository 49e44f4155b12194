import { describe, expect, it } from "vitest";
import { InvalidArgumentError } from "../errors.ts";
import stateOfTorch from "./__fixtures__/torch-generator-state.json" with { type: "json" };
import { decodeTorchGeneratorState, encodeTorchGeneratorState } from "./torch-generator-state.ts";

const saved = Uint8Array.from(atob(stateOfTorch.base64), (character) => character.charCodeAt(0));

function changed(change: (view: DataView) => void): Uint8Array {
  const copy = saved.slice();
  change(new DataView(copy.buffer));
  return copy;
}

describe("decodeTorchGeneratorState", () => {
  it("reads what torch wrote, and encode writes the same bytes", () => {
    const state = decodeTorchGeneratorState(saved);
    expect(state.initialSeed).toBe(2n ** 64n - 3n);
    // Seed -3, then randn(5) and rand(700): 5 normals take 3 pairs of two 64-bit numbers, 12 words; then 700 words.
    expect(state.position).toBe(12 + 700 - 624);
    expect(state.spareNormal).toBeTypeOf("number");
    expect(encodeTorchGeneratorState(state)).toEqual(saved);
  });

  it("reads from a view that begins inside a larger buffer", () => {
    const larger = new Uint8Array(saved.length + 3);
    larger.set(saved, 3);
    expect(decodeTorchGeneratorState(larger.subarray(3))).toEqual(decodeTorchGeneratorState(saved));
  });

  it("keeps the float32 spare that torch carries along", () => {
    const state = { ...decodeTorchGeneratorState(saved), spareFloatNormal: 0.5 };
    expect(decodeTorchGeneratorState(encodeTorchGeneratorState(state))).toEqual(state);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["a short one", saved.slice(0, 100), /found 100 bytes, expected 5056 bytes/],
    ["one in the layout of old torch versions", saved.slice(0, 5048), /found 5048 bytes/],
    ["zeros", new Uint8Array(5056), /found 0 as the mark of a seeded generator, expected 1/],
    [
      "a position beyond the words",
      changed((view) => view.setBigUint64(16, 625n, true)),
      /found 625 words used and 537 left/,
    ],
    [
      "a huge position",
      changed((view) => view.setBigUint64(16, 2n ** 63n, true)),
      /found 9223372036854775808 words/,
    ],
    [
      "counts that do not add up",
      changed((view) => view.setInt32(8, 10, true)),
      /found 88 words used and 10 left/,
    ],
    [
      "a word of 33 bits",
      changed((view) => view.setUint32(24 + 8 * 7 + 4, 1, true)),
      /as word 7, expected words of 32 bits/,
    ],
    [
      "a strange mark",
      changed((view) => view.setInt32(5040, 2, true)),
      /found 2 and 0 as the marks of a spare normal/,
    ],
    [
      "a spare that is no number",
      changed((view) => view.setFloat64(5024, Number.NaN, true)),
      /found NaN as a spare normal/,
    ],
    ["no bytes", "state" as unknown as Uint8Array, /found string, expected a Uint8Array/],
  ])("refuses %s", (_name, bytes, message) => {
    expect(() => decodeTorchGeneratorState(bytes)).toThrow(InvalidArgumentError);
    expect(() => decodeTorchGeneratorState(bytes)).toThrow(message);
    expect(() => decodeTorchGeneratorState(bytes)).toThrow(
      /^state of a TorchGenerator: .*Pass what `getState\(\)`/,
    );
  });
});
