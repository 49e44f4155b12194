import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, it } from "vitest";
import { dataPackages, lazyImports, mayImport, packageOrder } from "./package-order.ts";
import { packageOf, sourceImports } from "./source-imports.ts";
import {
  codePackages,
  type Manifest,
  memberNames,
  packages,
  privateMembers,
  readJson,
  root,
  runtimeDependencies,
  typeScriptFiles,
} from "./workspace.ts";

const rootManifest = readJson<Manifest>("package.json");
const privateNames = privateMembers.map(({ manifest }) => manifest.name);
const inWorkspace = (names: readonly string[]) => names.filter((name) => memberNames.has(name));

it("the table of the package order names every package, and no other", () => {
  const inTable = [...packageOrder, ...Object.keys(dataPackages)];
  expect(inTable.toSorted()).toEqual(packages.map(({ manifest }) => manifest.name).toSorted());
});

it("a package may import what stands before it, and nothing else", () => {
  expect(mayImport("@onestep/schedulers", "@onestep/core")).toBe(true);
  expect(mayImport("onestep", "@onestep/emoji32")).toBe(true);
  expect(mayImport("@onestep/schedulers", "@onestep/pipelines")).toBe(false);
  expect(mayImport("@onestep/core", "@onestep/core")).toBe(false);
  expect(mayImport("@onestep/models", "@onestep/emoji32")).toBe(false);
  expect(mayImport("@onestep/core", "@onestep/unheard-of")).toBe(false);
});

describe.each(packages)("$manifest.name", ({ folder, manifest }) => {
  it("depends only on packages before it", () => {
    const wrong = inWorkspace(Object.keys(runtimeDependencies(manifest))).filter(
      (name) => !mayImport(manifest.name, name),
    );
    expect(wrong).toEqual([]);
  });

  it("develops only with packages before it and with tools", () => {
    const wrong = inWorkspace(Object.keys(manifest.devDependencies ?? {})).filter(
      (name) => !mayImport(manifest.name, name) && !privateNames.includes(name),
    );
    expect(wrong).toEqual([]);
  });

  const files = typeScriptFiles(`${folder}/src`).map((path) => ({
    path,
    isTest: path.endsWith(".test.ts") || path.includes("/__fixtures__/"),
    imports: sourceImports(readFileSync(join(root, path), "utf8")),
  }));

  it("imports in its sources what its dependencies declare", () => {
    const declared = Object.keys(runtimeDependencies(manifest));
    const wrong = files
      .filter(({ isTest }) => !isTest)
      .flatMap(({ path, imports }) => imports.map(({ specifier }) => ({ path, specifier })))
      .filter(({ specifier }) => {
        const name = packageOf(specifier);
        return name !== undefined && !declared.includes(name);
      });
    expect(wrong).toEqual([]);
  });

  it("imports in its tests what it, or the root for test tools, declares", () => {
    const declared = [
      ...Object.keys(runtimeDependencies(manifest)),
      ...Object.keys(manifest.devDependencies ?? {}),
      ...Object.keys(rootManifest.devDependencies ?? {}),
    ];
    const wrong = files
      .filter(({ isTest }) => isTest)
      .flatMap(({ path, imports }) => imports.map(({ specifier }) => ({ path, specifier })))
      .filter(({ specifier }) => {
        const name = packageOf(specifier);
        return name !== undefined && !declared.includes(name);
      });
    expect(wrong).toEqual([]);
  });

  it("stays in its folder with relative imports", () => {
    const wrong = files
      .flatMap(({ path, imports }) => imports.map(({ specifier }) => ({ path, specifier })))
      .filter(({ specifier }) => specifier.startsWith("."))
      .filter(({ path, specifier }) => !posix.join(posix.dirname(path), specifier).startsWith(`${folder}/`));
    expect(wrong).toEqual([]);
  });

  it("loads late what it may only load late", () => {
    const late = lazyImports[manifest.name] ?? [];
    const wrong = files
      .filter(({ isTest }) => !isTest)
      .flatMap(({ path, imports }) => imports.map((found) => ({ path, ...found })))
      .filter(({ specifier, kind }) => kind === "static" && late.includes(packageOf(specifier) ?? ""));
    expect(wrong).toEqual([]);
  });
});

it.each(codePackages)(
  "$manifest.name builds after exactly the packages it depends on",
  ({ folder, manifest }) => {
    const { references } = readJson<{ references: { path: string }[] }>(`${folder}/tsconfig.json`);
    const expected = codePackages
      .filter((other) => other.manifest.name in runtimeDependencies(manifest))
      .map((other) => posix.relative(folder, other.folder));
    expect(references.map(({ path }) => path).toSorted()).toEqual(expected.toSorted());
  },
);

it("the root's tsconfig builds every package", () => {
  const { references } = readJson<{ references: { path: string }[] }>("tsconfig.json");
  expect(references.map(({ path }) => path).toSorted()).toEqual(
    codePackages.map(({ folder }) => folder).toSorted(),
  );
});
