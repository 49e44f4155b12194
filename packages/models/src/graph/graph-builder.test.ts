import { describe, expect, it } from "vitest";
import { GraphBuilder } from "./graph-builder.ts";
import { GraphError } from "./graph-error.ts";

describe("GraphBuilder", () => {
  const reference = {
    location: "w.bin",
    offset: 8,
    length: 24,
    elementType: "float32",
    shape: [2, 3],
  } as const;

  it("holds equal constants once", () => {
    const builder = new GraphBuilder();
    expect(builder.integers([1, 2])).toBe(builder.integers([1, 2]));
    expect(builder.floats([1])).not.toBe(builder.floats([1], []));
  });

  it("names a weight's bytes by file, offset and length, and never its values", () => {
    const builder = new GraphBuilder();
    const weight = builder.weight("layer.weight", reference, [6, 1]);
    expect(weight.shape).toEqual([6, 1]);
    builder.output("y", weight);
    const text = new TextDecoder("latin1").decode(builder.build());
    for (const part of ["layer.weight", "location", "w.bin", "offset", "length", "24"])
      expect(text).toContain(part);
  });

  it("refuses a reference whose bytes do not fit the shape", () => {
    expect(() => new GraphBuilder().weight("w", reference, [2, 4])).toThrow(GraphError);
    expect(() => new GraphBuilder().weight("w", reference, [2, 4])).toThrow(
      /found 24 bytes, expected 32 for float32/,
    );
  });

  it("refuses a second value of one name", () => {
    const builder = new GraphBuilder();
    builder.input("x", "float32", [1]);
    expect(() => builder.input("x", "float32", [1])).toThrow(/x: found a second value of that name/);
  });
});
