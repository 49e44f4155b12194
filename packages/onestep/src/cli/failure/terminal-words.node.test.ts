import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Problem } from "@onestep/core";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { inFlags, replaceOptions } from "./terminal-words.ts";

const packages = fileURLToPath(new URL("../../../../", import.meta.url));
const parts = ["subject", "found", "expected", "remedy", "summary"] as const;

/** Files whose messages are about calls that the command line does not make, and why. */
const programsOnly: readonly (readonly [path: RegExp, why: string])[] = [
  [/browser|\/web\//, "browsers"],
  [/^graph\//, "graphs that a program builds"],
  [/^core\/src\/(tensor|random|config|files|warn|async)/, "values that a program makes"],
  [
    /^core\/src\/image\/(images-from|resize|pixels|raster|png\/png-(chunks|text))/,
    "arguments of RasterImage",
  ],
  [/^core\/src\/known-options/, "options of a program"],
  [/^hub\/src\/(get-files|http\/retry|local-f)/, "options of a program"],
  [/^models\/src\/(adaptable-model|model|checkpoint\/(parse-shard|save|push))/, "models of a program"],
  [/^models\/src\/(clip-text\/clip-text-model|unet-2d\/inputs)/, "arguments of forward"],
  [/^models\/src\/clip-tokenizer\/clip-tokenizer\.ts/, "arguments of a tokenizer"],
  [/^pipelines\/src\/(pipeline|component\/(component|component-slots|shipped))/, "pipelines of a program"],
  [/^pipelines\/src\/sampling\/(generate-options|image-output|resolve-batch)/, "arguments of generate"],
  [
    /^pipelines\/src\/text-to-image\/(auto|components|encode-prompt|latent-|mask-crop|options)/,
    "arguments of generate",
  ],
  [/^pipelines\/src\/text-to-image\/(run-|xl-|lora\/(adapters|textual))/, "arguments of generate"],
  [/^pipelines\/src\/unconditional\/single-file/, "a scheduler, which the command line passes"],
  [
    /^runtime\/src\/(caller\/node\/start-|onnxruntime|options|stored-weight)/,
    "sessions and bundles of a program",
  ],
  [/^schedulers\/src\/(schedule-run|search-timesteps|noise|scheduler-base|checks)/, "loops of a program"],
  [/^schedulers\/src\/schedulers\/(ddim|score-sde-ve)-scheduler/, "arguments of step"],
];

/** Words in camelCase that are no names of an API. */
const ordinary = /\b(macOS|iTerm2)\b/g;

/** The texts of problems in the sources, by file: a literal, or each alternative of an expression. */
function collectTexts(): readonly (readonly [file: string, part: keyof Problem, text: string])[] {
  const found: [string, keyof Problem, string][] = [];
  for (const name of ["core", "hub", "models", "pipelines", "runtime", "schedulers", "graph"]) {
    const root = join(packages, name, "src");
    for (const entry of readdirSync(root, { recursive: true, encoding: "utf8" })) {
      const path = entry.replaceAll("\\", "/");
      if (!path.endsWith(".ts") || path.includes(".test.") || path.includes("__fixtures__")) continue;
      const text = readFileSync(join(root, entry), "utf8");
      const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
      const visit = (node: ts.Node): void => {
        if (ts.isPropertyAssignment(node)) {
          const part = parts.find((one) => one === node.name.getText());
          if (part !== undefined)
            collect(node.initializer, (one) => found.push([`${name}/src/${path}`, part, one]));
        }
        ts.forEachChild(node, visit);
      };
      visit(source);
    }
  }
  return found;
}

function collect(node: ts.Node, add: (text: string) => void): void {
  const text = textOf(node);
  if (text !== undefined) add(text);
  if (ts.isBinaryExpression(node) && text !== undefined) return;
  ts.forEachChild(node, (child) => collect(child, add));
}

/** The text of a literal, and of literals that are added up; a value in it is 7. */
function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join("7");
  }
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.PlusToken) return undefined;
  const [left, right] = [textOf(node.left), textOf(node.right)];
  return left === undefined || right === undefined ? undefined : left + right;
}

/** Names of functions and arguments of Python. Fields of configs are in snake_case, too, and users see them in files. */
const pythonNames =
  /\b(state_dict|from_pretrained|save_pretrained|load_state|scale_model_input|class_labels)\b/;

const texts = collectTexts();
const reachable = texts.filter(([file]) => !programsOnly.some(([pattern]) => pattern.test(file)));

describe("the messages of the packages, in a terminal", () => {
  it("are many, and every reason to leave some out is used", () => {
    expect(reachable.length).toBeGreaterThan(700);
    for (const [pattern, why] of programsOnly) {
      expect(
        texts.some(([file]) => pattern.test(file)),
        `${pattern}: ${why}`,
      ).toBe(true);
    }
  });

  it("name no option of JavaScript", () => {
    const wrong = reachable.flatMap(([file, part, text]) => {
      const problem = { subject: "x", found: "x", expected: "x", remedy: "x", [part]: text };
      const shown = inFlags(problem)[part] ?? "";
      const isWrong = /(?<!\w)[a-z]+[A-Z]\w*/.test(
        shown.replaceAll(ordinary, "").replaceAll(/\bPython.*/gs, ""),
      );
      return isWrong ? [`${file} (${part}): ${shown}`] : [];
    });
    expect(wrong).toEqual([]);
  });

  it("name no function of Python, unless they say that it is one", () => {
    const wrong = reachable.flatMap(([file, part, text]) => {
      const problem = { subject: "x", found: "x", expected: "x", remedy: "x", [part]: text };
      const shown = inFlags(problem)[part] ?? "";
      return pythonNames.test(shown) && !shown.includes("Python") ? [`${file} (${part}): ${shown}`] : [];
    });
    expect(wrong).toEqual([]);
  });
});

describe("replaceOptions", () => {
  it.each([
    ["no classLabels", "no --class-label"],
    ["(option token, or HF_TOKEN)", "(--token, or HF_TOKEN)"],
    ["Check the option revision against", "Check the --revision against"],
    ["not allowed (localFilesOnly or HF_HUB_OFFLINE)", "not allowed (--local-files-only or HF_HUB_OFFLINE)"],
    ["pass localFilesOnly: true to", "pass --local-files-only to"],
    ["or pass token: false for", "or unset HF_TOKEN for"],
    ['a varianceType such as "fixed_small"', 'a variance_type such as "fixed_small"'],
    ["the image, with strength", "the image, with strength"],
    ["on macOS, onnxruntime", "on macOS, onnxruntime"],
  ])("%s becomes %s", (text, expected) => {
    expect(replaceOptions(text)).toBe(expected);
  });
});
