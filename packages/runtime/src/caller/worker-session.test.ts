import { InvalidArgumentError, Tensor } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { InvalidGraphError } from "../errors.ts";
import type { ValueDescription } from "../protocol.ts";
import { checkInputs, checkOutputs } from "./worker-session.ts";

const declared: readonly ValueDescription[] = [
  { name: "sample", dtype: "float32", shape: ["batch", 3] },
  { name: "label", dtype: "int64", shape: ["batch"] },
];
const sample = new Tensor("float32", new Float32Array(6), [2, 3]);
const label = new Tensor("int64", new BigInt64Array(2), [2]);

describe("checkInputs", () => {
  it("accepts the inputs that are declared, in any order", () => {
    expect(() => checkInputs({ label, sample }, declared)).not.toThrow();
  });

  it.each([
    ["a missing input", { sample }, "inputs: found [sample], expected [sample, label]."],
    [
      "an unexpected input",
      { sample, label, extra: label },
      "inputs: found [sample, label, extra], expected",
    ],
    [
      "another element type",
      { sample: new Tensor("float64", new Float64Array(6), [2, 3]), label },
      'input "sample": found float64 [2, 3], expected float32 [batch, 3].',
    ],
    [
      "another length of a fixed dimension",
      { sample: new Tensor("float32", new Float32Array(6), [3, 2]), label },
      'input "sample": found float32 [3, 2], expected float32 [batch, 3].',
    ],
    [
      "another number of dimensions",
      { sample, label: new Tensor("int64", new BigInt64Array(2), [2, 1]) },
      'input "label": found int64 [2, 1], expected int64 [batch].',
    ],
  ])("rejects %s", (_name, inputs, message) => {
    const check = (): void => checkInputs(inputs, declared);
    expect(check).toThrow(InvalidArgumentError);
    expect(check).toThrow(message);
  });
});

describe("checkOutputs", () => {
  it.each(["float32", "float64", "int32", "int64", "uint8"])("accepts %s", (dtype) => {
    expect(() => checkOutputs([{ name: "y", dtype, shape: [] }])).not.toThrow();
  });

  it.each(["float16", "bool", "string", "not a tensor"])("rejects %s", (dtype) => {
    const check = (): void => checkOutputs([{ name: "y", dtype, shape: [] }]);
    expect(check).toThrow(InvalidGraphError);
    expect(check).toThrow(
      `output "y": found ${dtype}, expected one of float32, float64, int32, int64, uint8. Cast it`,
    );
  });
});
