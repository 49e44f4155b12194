import { integerField, PythonFloat } from "@onestep/core";
import { describe, expect, it } from "vitest";
import {
  aliasedEnumField,
  finiteField,
  narrowedField,
  nonZeroField,
  positiveField,
  timestepCountField,
} from "./fields.ts";

describe("narrowed fields", () => {
  it("narrows what is read and what is written, and keeps the form of the default", () => {
    const even = narrowedField(integerField(2), "an even integer", (value) => value % 2 === 0);
    expect(even).toMatchObject({ description: "an even integer", defaultJson: 2 });
    expect([even.read(4), even.read(5), even.read("4")]).toEqual([4, undefined, undefined]);
    expect([even.write(4), even.write(5), even.write("4")]).toEqual([4, undefined, undefined]);
  });

  it("knows finite and positive numbers and numbers of timesteps", () => {
    expect(finiteField(1).defaultJson).toEqual(new PythonFloat(1));
    expect(finiteField(1).read(new PythonFloat(Number.POSITIVE_INFINITY))).toBeUndefined();
    expect(finiteField(1).read(80)).toBe(80);
    expect([positiveField(1).write(0), positiveField(1).write(0.5)]).toEqual([
      undefined,
      new PythonFloat(0.5),
    ]);
    expect([nonZeroField(7).read(0), nonZeroField(7).read(-1)]).toEqual([undefined, -1]);
    expect([0, 1, 1_000_000, 1_000_001].map(timestepCountField(40).read)).toEqual([
      undefined,
      1,
      1_000_000,
      undefined,
    ]);
  });
});

describe("aliasedEnumField", () => {
  const field = aliasedEnumField(["bh1", "bh2"], "bh2", { midpoint: "bh2" });

  it("reads the words of others as its own and leaves them in the file", () => {
    expect(field.read("bh1")).toBe("bh1");
    expect(field.read("midpoint")).toBe("bh2");
    expect(field.write("midpoint")).toBe("midpoint");
  });

  it("refuses everything else", () => {
    expect(field.description).toBe("one of bh1, bh2");
    expect(field.read("toString")).toBeUndefined();
    expect(field.write(1)).toBeUndefined();
  });
});
