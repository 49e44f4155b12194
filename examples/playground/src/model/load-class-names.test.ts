import { expect, it } from "vitest";
import { findKnownModel } from "./known-models.ts";
import { loadClassNames } from "./load-class-names.ts";

it("the names of ImageNet's classes are in its order", async () => {
  const { names } = await loadClassNames({ classCount: 1000 });
  expect(names).toHaveLength(1000);
  expect([names[0], names[145], names[999]]).toEqual(["tench", "king penguin", "toilet paper"]);
});

it("the model that ships names its classes before it is loaded", async () => {
  const known = findKnownModel({ kind: "shipped" });
  const { names, labels } = await loadClassNames(known ?? { classCount: undefined });
  expect(known?.classCount).toBe(30);
  expect([names.length, names[8], labels["rocket"]]).toEqual([30, "fox", 29]);
});

it("names of the model itself come before those of ImageNet", async () => {
  const id2label = { "0": "zero, nought", "1": ["one"] };
  expect((await loadClassNames({ classCount: 1000, id2label })).names).toEqual(["zero", "one"]);
});

it("a model whose classes nobody names has none", async () => {
  expect((await loadClassNames({ classCount: 10 })).names).toEqual([]);
  expect((await loadClassNames({ classCount: undefined })).names).toEqual([]);
});
