import { InvalidArgumentError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { resolveClassLabels } from "./inputs.ts";

describe("resolveClassLabels", () => {
  it.each([
    [3, 2, [3, 3]],
    [[0.5, 250], 2, [0.5, 250]],
    [[-1], 1, [-1]],
  ])(
    "takes numbers of any kind where labels are embedded like timesteps: %j",
    (classLabels, batchSize, expected) => {
      const options = { numClassEmbeds: null, classEmbedType: "timestep", classLabels, batchSize } as const;
      expect(resolveClassLabels(options)).toEqual(expected);
    },
  );

  it.each([
    [
      { numClassEmbeds: null, classEmbedType: "timestep" as const, classLabels: Number.NaN },
      /found NaN, expected a number/,
    ],
    [
      { numClassEmbeds: null, classEmbedType: "identity" as const, classLabels: 3 },
      /found 3 for a model whose classEmbedType is "identity", expected embeddings/,
    ],
    [{ numClassEmbeds: null, classEmbedType: null, classLabels: 3 }, /found 3 for a model without classes/],
    [{ numClassEmbeds: 10, classLabels: 10 }, /found 10, expected an integer from 0 to 9/],
    [
      { numClassEmbeds: 10, classLabels: ["3"] as unknown as number[] },
      /found "3", expected an integer from 0 to 9/,
    ],
  ])("refuses %j", (options, message) => {
    expect(() => resolveClassLabels({ batchSize: 1, ...options })).toThrow(InvalidArgumentError);
    expect(() => resolveClassLabels({ batchSize: 1, ...options })).toThrow(message);
  });
});
