import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import ts from "typescript";
import { root } from "./executed-files.ts";

/**
 * All sources of a package that one of them imports, itself among them, as Node loads them: `#names` are those of Node,
 * imports of types alone do not count, and imports of other packages end at the package. What is loaded with `import()`
 * counts.
 *
 * @param entry A path from the root of the repository, with forward slashes, below `packages/<name>/src`.
 * @param leftOut Matches the paths that are not followed.
 * @returns Paths of the same kind, sorted.
 */
export function importClosure(entry: string, leftOut: RegExp = /^$/): readonly string[] {
  const packageFolder = entry.split("/").slice(0, 2).join("/");
  const names = namesOfNode(packageFolder);
  const found = new Set<string>();
  const waiting = [entry];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path) || leftOut.test(path)) continue;
    found.add(path);
    for (const specifier of valueImports(readFileSync(join(root, path), "utf8"))) {
      if (specifier.startsWith(".")) waiting.push(posix.join(posix.dirname(path), specifier));
      const named = names.get(specifier);
      if (named !== undefined) waiting.push(posix.join(packageFolder, named));
    }
  }
  return [...found].sort();
}

/**
 * The source that an index of a package exports a name from.
 *
 * @throws Error where it exports no such name.
 */
export function moduleOf(index: string, name: string): string {
  const source = ts.createSourceFile(index, readFileSync(join(root, index), "utf8"), ts.ScriptTarget.Latest);
  for (const statement of source.statements) {
    if (!ts.isExportDeclaration(statement) || !statement.exportClause || !statement.moduleSpecifier) continue;
    const { exportClause, moduleSpecifier } = statement;
    const exports = ts.isNamedExports(exportClause)
      ? exportClause.elements.map(({ name: { text } }) => text)
      : [];
    if (exports.includes(name) && ts.isStringLiteral(moduleSpecifier)) {
      return posix.join(posix.dirname(index), moduleSpecifier.text);
    }
  }
  throw new Error(`${index} exports no ${name}`);
}

/** What the `#names` of a package stand for in Node. */
function namesOfNode(packageFolder: string): ReadonlyMap<string, string> {
  const manifest = JSON.parse(readFileSync(join(root, packageFolder, "package.json"), "utf8")) as {
    readonly imports?: Readonly<Record<string, { readonly "@onestep/source": { readonly node: string } }>>;
  };
  return new Map(
    Object.entries(manifest.imports ?? {}).map(([name, target]) => [name, target["@onestep/source"].node]),
  );
}

/** What a source imports or re-exports when it runs. */
export function valueImports(source: string): readonly string[] {
  const specifiers: string[] = [];
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    if (specifier !== undefined && ts.isStringLiteralLike(specifier)) specifiers.push(specifier.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("source.ts", source, ts.ScriptTarget.Latest));
  return specifiers;
}

function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node)) {
    const { importClause } = node;
    if (importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword) return undefined;
    const bindings = importClause?.namedBindings;
    const typesAlone =
      importClause?.name === undefined &&
      bindings !== undefined &&
      ts.isNamedImports(bindings) &&
      bindings.elements.every(({ isTypeOnly }) => isTypeOnly);
    return typesAlone ? undefined : node.moduleSpecifier;
  }
  if (ts.isExportDeclaration(node)) return node.isTypeOnly ? undefined : node.moduleSpecifier;
  const isImportCall = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  return isImportCall ? node.arguments[0] : undefined;
}
