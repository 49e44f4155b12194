import { describe, expect, it } from "vitest";
import { packageOf, sourceImports } from "./source-imports.ts";

describe("sourceImports", () => {
  it("finds every way to import, and tells them apart", () => {
    const source = `
      import "./effect.ts";
      import value, { type Named } from "a";
      import type { Only } from "b";
      export { again } from "c";
      export type { OnlyAgain } from "d";
      export const own: import("e").Type = 1;
      const text = "import('not-an-import')"; // import "nor-this"
      export async function later() {
        return await import("f");
      }
    `;
    expect(sourceImports(source)).toEqual([
      { specifier: "./effect.ts", kind: "static" },
      { specifier: "a", kind: "static" },
      { specifier: "b", kind: "type" },
      { specifier: "c", kind: "static" },
      { specifier: "d", kind: "type" },
      { specifier: "e", kind: "type" },
      { specifier: "f", kind: "dynamic" },
    ]);
  });
});

describe("packageOf", () => {
  it.each([
    ["fast-png", "fast-png"],
    ["vitest/config", "vitest"],
    ["@onestep/core", "@onestep/core"],
    ["@onestep/core/package.json", "@onestep/core"],
    ["./x.ts", undefined],
    ["../x.ts", undefined],
    ["#platform", undefined],
    ["node:fs", undefined],
  ])("of %s is %s", (specifier, expected) => {
    expect(packageOf(specifier)).toBe(expected);
  });
});
