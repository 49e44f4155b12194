import { expect, it } from "vitest";
import { loadClassNames } from "./load-class-names.ts";

it("the names of ImageNet's classes are in its order", async () => {
  const names = await loadClassNames({ kind: "hub", id: "a/b", revision: undefined }, 1000);
  expect(names).toHaveLength(1000);
  expect([names[0], names[145], names[999]]).toEqual(["tench", "king penguin", "toilet paper"]);
});

it("a model whose classes nobody knows has none", async () => {
  expect(await loadClassNames({ kind: "files" }, 10)).toEqual([]);
  expect(await loadClassNames({ kind: "shipped" }, 10)).toHaveLength(10);
});
