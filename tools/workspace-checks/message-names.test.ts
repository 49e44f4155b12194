import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { codePackages, root, typeScriptFiles } from "./workspace.ts";

const sources = codePackages
  .flatMap(({ folder }) => typeScriptFiles(`${folder}/src`))
  .filter((path) => !/\.test\.ts$|__fixtures__/.test(path))
  .map((path) => ({
    path,
    source: ts.createSourceFile(path, readFileSync(join(root, path), "utf8"), ts.ScriptTarget.Latest, true),
  }));

/** Code in messages that is not Onestep's: what it is, and the words that begin it. */
const foreign: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^(npm|git|apt|onestep|hf)( |$)/, "a command"],
  [/^--[a-z_-]+|^--external:/, "a flag of a command"],
  [/\b(get_state|state_dict|to_dense|contiguous)\(/, "Python"],
  [
    /^(await readFile\(path\)|realpath|import\.meta\.url|controller\.signal|new Uint8Array\(|import \{)/,
    "JavaScript",
  ],
  [/^(ssr\.external|serverExternalPackages|overrides)$/, "an option of a bundler or a package manager"],
  [
    /^(Cross-Origin-|credentialless|script-src|allow-same-origin|Idempotency-Key|Authorization: )/,
    "a header or an attribute",
  ],
];

/** The members of every class and interface, by its name. */
interface Declarations {
  readonly members: ReadonlyMap<string, ReadonlySet<string>>;
  /** The classes and interfaces that one extends. */
  readonly parents: ReadonlyMap<string, readonly string[]>;
  /** Every name that is exported, and every member, parameter and property. */
  readonly names: ReadonlySet<string>;
  /** Properties, such as the fields of configs. */
  readonly fields: ReadonlySet<string>;
}

function collectDeclarations(): Declarations {
  const members = new Map<string, Set<string>>();
  const parents = new Map<string, string[]>();
  const names = new Set<string>();
  const fields = new Set<string>();
  const visit = (node: ts.Node): void => {
    const name = nameOf(node);
    if (name !== undefined) names.add(name);
    if (name !== undefined && (ts.isPropertySignature(node) || ts.isPropertyAssignment(node)))
      fields.add(name);
    if ((ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node)) && node.name !== undefined) {
      const own = members.get(node.name.text) ?? new Set<string>();
      for (const member of node.members) own.add(member.name?.getText() ?? "");
      members.set(node.name.text, own);
      const bases = (node.heritageClauses ?? []).flatMap(({ types }) =>
        types.map((type) => type.expression.getText()),
      );
      parents.set(node.name.text, [...(parents.get(node.name.text) ?? []), ...bases]);
    }
    ts.forEachChild(node, visit);
  };
  for (const { source } of sources) visit(source);
  return { members, parents, names, fields };
}

/** The name of a declaration that users can meet: exported, or a part of something. */
function nameOf(node: ts.Node): string | undefined {
  const isPart =
    ts.isPropertySignature(node) ||
    ts.isPropertyDeclaration(node) ||
    ts.isPropertyAssignment(node) ||
    ts.isMethodSignature(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isGetAccessor(node) ||
    ts.isParameter(node);
  if (isPart) return node.name.getText();
  const isNamed =
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node);
  if (isNamed) return hasExport(node) ? node.name?.text : undefined;
  if (!ts.isVariableDeclaration(node) || !ts.isVariableStatement(node.parent.parent)) return undefined;
  return hasExport(node.parent.parent) ? node.name.getText() : undefined;
}

function hasExport(node: ts.HasModifiers): boolean {
  return node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
}

const declarations = collectDeclarations();

/** Whether a class, or one that it extends, has a member; `undefined` if there is no such class. */
function hasMember(name: string, member: string): boolean | undefined {
  const own = declarations.members.get(name);
  if (own === undefined) return undefined;
  if (own.has(member)) return true;
  const bases = declarations.parents.get(name) ?? [];
  // A base that is built by a function is not followed.
  return bases.some((base) => hasMember(base, member) !== false);
}

/** The texts in a file, without comments; a value in them is ⟨⟩. */
function textsOf(source: ts.SourceFile): readonly string[] {
  const texts: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) texts.push(node.text);
    if (ts.isTemplateExpression(node)) {
      texts.push([node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join("⟨⟩"));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return texts;
}

/** What is wrong with a piece of code in a message; `undefined` if all of its names exist. */
function findFault(code: string): string | undefined {
  if (foreign.some(([pattern]) => pattern.test(code))) return undefined;
  // Values: texts, and what stands for one.
  const plain = code.replaceAll(/"[^"]*"|⟨⟩|\w*…\w*/g, " ");
  for (const [, name = "", member = ""] of plain.matchAll(/\b([A-Z]\w*)\.([a-z]\w*)/g)) {
    if (hasMember(name, member) !== true) return `${name} has no ${member}`;
  }
  const words = plain.replaceAll(/\b[A-Z]\w*\.[a-z]\w*/g, " ").match(/(?<![\w-])[A-Za-z]\w*/g) ?? [];
  return words
    .filter((word) => !/^(await|new|static|readonly|true|false|null|pipe|seed|undefined)$/.test(word))
    .map((word) => (isName(word) ? undefined : `there is no ${word}`))
    .find((fault) => fault !== undefined);
}

/** Whether a name is exported, an option, a member, or a field of a config as it is spelled in its file. */
function isName(word: string): boolean {
  const inFile = word.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return declarations.names.has(word) || (word !== inFile && declarations.fields.has(inFile));
}

const spans = sources
  .filter(({ path }) => !path.startsWith("packages/onestep/src/cli/completion"))
  .flatMap(({ path, source }) =>
    textsOf(source).flatMap((text) =>
      [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => ({ path, code })),
    ),
  );

describe("the names in messages", () => {
  it("are found", () => {
    expect(spans.length).toBeGreaterThan(200);
    expect(hasMember("RasterImage", "decode")).toBe(true);
    expect(findFault("RasterImage.load")).toBe("RasterImage has no load");
    expect(findFault("scale_model_input")).toBe("there is no scale_model_input");
    expect(findFault("down_block_types")).toBeUndefined();
    expect(findFault("pipe.loadEverything()")).toBe("there is no loadEverything");
  });

  it.each(foreign)("of others are in use: %s, %s", (pattern) => {
    expect(spans.some(({ code }) => pattern.test(code))).toBe(true);
  });

  it("exist in the packages", () => {
    const faults = spans.flatMap(({ path, code }) => {
      const fault = findFault(code);
      return fault === undefined ? [] : [`${path}: \`${code}\`: ${fault}`];
    });
    expect([...new Set(faults)]).toEqual([]);
  });
});
