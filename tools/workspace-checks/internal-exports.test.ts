import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sourceImports } from "./source-imports.ts";
import { codePackages, packages, privateMembers, root, typeScriptFiles } from "./workspace.ts";

/** An import of what is internal, in quotes; a page may name it in prose. */
const internalImport = /["']@onestep\/[\w-]+\/internal/;

/** What users read and copy: examples, guides, and the READMEs of packages, but for the one that says what internal means. */
const forUsers = [
  "README.md",
  ...["docs", "examples"].flatMap((folder) =>
    readdirSync(join(root, folder), { encoding: "utf8", recursive: true })
      .filter((name) => /\.(?:md|mjs|js|ts|html)$/.test(name) && !/\b(?:node_modules|dist)\b/.test(name))
      .map((name) => `${folder}/${name}`),
  ),
  ...packages
    .filter(({ manifest }) => manifest.name !== "@onestep/core")
    .map(({ folder }) => `${folder}/README.md`),
];

describe("internal exports", () => {
  it.each(forUsers)("are not in %s", (path) => {
    expect(readFileSync(join(root, path), "utf8")).not.toMatch(internalImport);
  });

  it.each(codePackages)("are not exported again by $manifest.name", ({ folder }) => {
    const entry = readFileSync(join(root, folder, "src/index.ts"), "utf8");
    const specifiers = sourceImports(entry).map(({ specifier }) => specifier);
    expect(specifiers.filter((specifier) => internalImport.test(JSON.stringify(specifier)))).toEqual([]);
  });

  it("are used by packages and tools, in whose sources they are found", () => {
    const users = [...codePackages, ...privateMembers].filter(({ folder }) =>
      typeScriptFiles(folder).some((path) => internalImport.test(readFileSync(join(root, path), "utf8"))),
    );
    expect(users.map(({ manifest }) => manifest.name)).toContain("@onestep/hub");
  });
});
