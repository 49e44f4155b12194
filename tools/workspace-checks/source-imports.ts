import ts from "typescript";

/** How a module is imported: when its importer loads, later, or never, since only types are used. */
export type ImportKind = "static" | "dynamic" | "type";

/** One import of a source file. */
export interface SourceImport {
  readonly specifier: string;
  readonly kind: ImportKind;
}

function staticImport(node: ts.Node): SourceImport | undefined {
  const isImport = ts.isImportDeclaration(node);
  if (!isImport && !ts.isExportDeclaration(node)) return undefined;
  if (node.moduleSpecifier === undefined || !ts.isStringLiteral(node.moduleSpecifier)) return undefined;
  const typeOnly = isImport
    ? node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
    : node.isTypeOnly;
  return { specifier: node.moduleSpecifier.text, kind: typeOnly ? "type" : "static" };
}

function dynamicImport(node: ts.Node): SourceImport | undefined {
  if (!ts.isCallExpression(node) || node.expression.kind !== ts.SyntaxKind.ImportKeyword) return undefined;
  const [specifier] = node.arguments;
  return specifier && ts.isStringLiteralLike(specifier)
    ? { specifier: specifier.text, kind: "dynamic" }
    : undefined;
}

function importType(node: ts.Node): SourceImport | undefined {
  if (!ts.isImportTypeNode(node) || !ts.isLiteralTypeNode(node.argument)) return undefined;
  const { literal } = node.argument;
  return ts.isStringLiteral(literal) ? { specifier: literal.text, kind: "type" } : undefined;
}

/** Everything that a TypeScript source imports or re-exports from elsewhere, in the order it stands there. */
export function sourceImports(source: string): readonly SourceImport[] {
  const imports: SourceImport[] = [];
  const visit = (node: ts.Node): void => {
    const found = staticImport(node) ?? dynamicImport(node) ?? importType(node);
    if (found) imports.push(found);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("source.ts", source, ts.ScriptTarget.Latest));
  return imports;
}

/** The package that a specifier names: `@onestep/core` of `@onestep/core/x`; `undefined` for paths and `#names`. */
export function packageOf(specifier: string): string | undefined {
  if (/^[.#/]|^\w+:/.test(specifier)) return undefined;
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
