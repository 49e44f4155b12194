import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "./workspace.ts";

/** Spelled apart, so that nobody who searches for skipped tests finds one here. */
const test = "it";

/** Each line breaks one rule of the package order, by the rule that must find it. */
const violations = {
  "packages/schedulers/src/static.ts": [
    ['export { a } from "@onestep/pipelines";', "correctness/noUndeclaredDependencies"],
    ['export { b } from "../../pipelines/src/index.ts";', "style/noRestrictedImports"],
    ['export { c } from "../../pipelines/dist/index.js";', "style/noRestrictedImports"],
    ['export { d } from "@onestep/core/src/warn.ts";', "style/noRestrictedImports"],
    ['export { e } from "node:fs";', "correctness/noNodejsModules"],
    ['export { f } from "vitest";', "correctness/noUndeclaredDependencies"],
    ['export { g } from "onnxruntime-node";', "correctness/noUndeclaredDependencies"],
  ],
  "packages/schedulers/src/room/dynamic.ts": [
    ['export const a: unknown = await import("@onestep/pipelines");', "correctness/noUndeclaredDependencies"],
    ['export const b: unknown = await import("../../../hub/src/index.ts");', "style/noRestrictedImports"],
    ['export const c: unknown = await import("node:fs");', "correctness/noNodejsModules"],
    ["export default 1;", "style/noDefaultExport"],
  ],
  "packages/schedulers/src/one.ts": [
    ['export { other as own } from "./other.ts";', "suspicious/noImportCycles"],
  ],
  "packages/schedulers/src/other.ts": [
    ['import { own } from "./one.ts";', "suspicious/noImportCycles"],
    ["export const other: unknown = () => own;", undefined],
  ],
  "packages/schedulers/src/CamelCase.ts": [["export const a = 1;", "style/useFilenamingConvention"]],
  "packages/schedulers/src/a.test.ts": [
    ['import { it } from "vitest";', undefined],
    [`${test}.skip("a", () => {});`, "suspicious/noSkippedTests"],
    [`${test}.only("b", () => {});`, "suspicious/noFocusedTests"],
  ],
  "packages/schedulers/src/fine.node.ts": [
    ['export { readFile } from "node:fs/promises";', undefined],
    ['export type { Tensor } from "@onestep/core";', undefined],
    ['export const hub = (): Promise<unknown> => import("@onestep/hub");', undefined],
  ],
} as const;

interface BiomeReport {
  readonly diagnostics: readonly {
    readonly category: string;
    readonly location: { readonly path: string; readonly start?: { readonly line: number } };
  }[];
}

describe("Biome, with this repository's configuration", () => {
  const folder = mkdtempSync(join(tmpdir(), "onestep-lint-"));
  const found = new Map<string, string[]>();

  beforeAll(async () => {
    for (const path of ["biome.json", ".gitignore", "packages/schedulers/package.json"]) {
      cpSync(join(root, path), join(folder, path));
    }
    for (const [path, lines] of Object.entries(violations)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), `${lines.map(([line]) => line).join("\n")}\n`);
    }
    const biome = createRequire(import.meta.url).resolve("@biomejs/biome/bin/biome");
    const output = await new Promise<string>((resolve) => {
      execFile(
        process.execPath,
        [biome, "lint", "--reporter=json", "--max-diagnostics=none", "."],
        { cwd: folder },
        (_error, stdout) => resolve(stdout),
      );
    });
    const report: BiomeReport = JSON.parse(output);
    for (const { category, location } of report.diagnostics) {
      const place = `${location.path}:${location.start?.line || 1}`;
      found.set(place, [...(found.get(place) ?? []), category.replace(/^lint\//, "")]);
    }
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const cases = Object.entries(violations).flatMap(([path, lines]) =>
    lines.map(([line, rule], index) => ({
      line,
      rule: rule ?? "no rule",
      place: `${path}:${index + 1}`,
      path,
    })),
  );

  it.each(cases)("finds with $rule, in $path: $line", ({ rule, place }) => {
    expect(found.get(place) ?? ["no rule"]).toEqual([rule]);
  });
});
