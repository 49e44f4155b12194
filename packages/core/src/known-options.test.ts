import { describe, expect, it } from "vitest";
import { InvalidArgumentError } from "./errors.ts";
import { requireKnownOptions } from "./known-options.ts";

const names = { numInferenceSteps: true, classLabels: true, dtype: true } as const;

describe("requireKnownOptions", () => {
  it.each([
    [{ num_inference_steps: 4 }, "f has no option `num_inference_steps`. Did you mean `numInferenceSteps`?"],
    [{ classLabel: 4 }, "f has no option `classLabel`. Did you mean `classLabels`?"],
    [{ torch_dtype: "float16" }, "f has no option `torch_dtype`. Did you mean `dtype`?"],
    [{ prompt: "x" }, "f has no option `prompt`. Use one of numInferenceSteps, classLabels, dtype."],
    [{ constructor: 1 }, "f has no option `constructor`."],
    [[1], "options of f: found"],
    ["steps", "options of f: found"],
  ])("refuses %j", (options, message) => {
    expect(() => requireKnownOptions("f", options, names)).toThrow(InvalidArgumentError);
    expect(() => requireKnownOptions("f", options, names)).toThrow(message);
  });

  it("takes known options, and unknown ones that are undefined", () => {
    requireKnownOptions("f", { dtype: null, other: undefined }, names);
  });
});
