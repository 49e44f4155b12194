import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { codePackages, root, typeScriptFiles } from "./workspace.ts";

/** The codes of the error classes in the sources: `static readonly code: string = "image"`. */
function codesInSources(): readonly string[] {
  const sources = codePackages
    .flatMap(({ folder }) => typeScriptFiles(`${folder}/src`))
    .filter((path) => !path.endsWith(".test.ts"))
    .map((path) => readFileSync(join(root, path), "utf8"));
  const codes = sources.flatMap((text) =>
    [...text.matchAll(/^ {2}static (?:override )?readonly code(?:: string)? = "([\w-]+)";$/gm)].map(
      ([, code]) => code ?? "",
    ),
  );
  return [...new Set(codes)].sort();
}

it("docs/troubleshooting.md has every code of an error, and no other", () => {
  const page = readFileSync(join(root, "docs/troubleshooting.md"), "utf8");
  const sections = page.slice(0, page.indexOf("## The image is not"));
  const codes = [...sections.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, code]) => code ?? "");
  expect(codes.toSorted()).toEqual(codesInSources());
});
