import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root, typeScriptFiles } from "./workspace.ts";

const files = ["packages", "tools", "examples"].flatMap(typeScriptFiles).map((path) => ({
  path,
  text: readFileSync(join(root, path), "utf8"),
}));

const loophole = /@ts-(?:ignore|expect-error|nocheck)|biome-(?:ignore)|\bas any\b(?! \w)/;

describe("sources", () => {
  it("are found", () => {
    expect(files.length).toBeGreaterThan(30);
  });

  it("keep to 400 lines a file", () => {
    const long = files.filter(({ text }) => text.split("\n").length > 401);
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  it("switch off neither the compiler nor the linter", () => {
    const switched = files.filter(({ text }) => loophole.test(text)).map(({ path }) => path);
    expect(switched).toEqual([]);
  });
});
