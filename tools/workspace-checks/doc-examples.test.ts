import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** The files that packages export, by what they are imported as. */
const entries: Readonly<Record<string, string>> = {
  "@onestep/core": "core/src/index.ts",
  "@onestep/graph": "graph/src/index.ts",
  "@onestep/hub": "hub/src/index.ts",
  "@onestep/models": "models/src/index.ts",
  onestep: "onestep/src/index.ts",
  "@onestep/pipelines": "pipelines/src/index.ts",
  "@onestep/runtime": "runtime/src/index.ts",
  "@onestep/schedulers": "schedulers/src/index.ts",
  "@onestep/server": "server/src/index.ts",
  "@onestep/server/node": "server/src/node.ts",
  "@onestep/ai-sdk": "ai-sdk/src/index.ts",
};
const names = Object.keys(entries);
const indexes = Object.values(entries).map((file) => join(root, "packages", file));
/** Those whose classes and functions all have an example: what users begin with. */
const exemplified = ["onestep", "@onestep/server", "@onestep/server/node", "@onestep/ai-sdk"];
const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ["lib.esnext.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
  types: ["node"],
  customConditions: ["@onestep/source"],
  allowImportingTsExtensions: true,
  noEmit: true,
  skipLibCheck: true,
  strict: true,
};

/** What stands for the things that an example takes for granted. */
const given: Readonly<Record<string, string>> = {
  readFile: 'import { readFile } from "node:fs/promises";',
  image: "declare const image: RasterImage;",
  mask: "declare const mask: RasterImage;",
  maskImage: "declare const maskImage: RasterImage;",
  noise: 'declare const noise: Tensor<"float32">;',
  textToImage: "declare const textToImage: StableDiffusionPipeline;",
  unet: "declare const unet: UNet2DModel;",
  tokenizer: "declare const tokenizer: CLIPTokenizer;",
  latents: 'declare const latents: Tensor<"float32">;',
  embeddings: 'declare const embeddings: Tensor<"float32">;',
  graph: "declare const graph: Graph;",
  weights: "declare const weights: GraphWithWeights['weights'];",
  config: "declare const config: UNet2DModelConfigValues;",
  found: "declare const found: Checkpoint;",
  run: "declare const run: SamplingRun;",
  handler: "declare const handler: Handler;",
  models: "declare const models: HandlerOptions['models'];",
  storage: "declare const storage: ImageStorage;",
  keys: "declare const keys: readonly ApiKey[];",
  generateImage: 'import { generateImage } from "ai";',
  options: "declare const options: GenerateOptions;",
  doublerDefinition: "declare const doublerDefinition: ModelDefinition<{ readonly width: number }>;",
};

interface Example {
  /** The file, and what the example is of. */
  readonly title: string;
  readonly code: string;
}

const program = ts.createProgram(indexes, options);
const checker = program.getTypeChecker();
const sources = program
  .getSourceFiles()
  .filter(
    ({ fileName }) => fileName.startsWith(join(root, "packages")) && !fileName.includes("node_modules"),
  );

/** Every example of a doc comment. */
function findExamples(): Example[] {
  const examples: Example[] = [];
  for (const source of sources) {
    const visit = (node: ts.Node): void => {
      for (const tag of ts.getJSDocTags(node)) {
        if (tag.tagName.text !== "example" || tag.parent.parent !== node) continue;
        const name = "name" in node ? (node.name as ts.Identifier).getText() : "";
        const code = ts.getTextOfJSDocComment(tag.comment) ?? "";
        examples.push({ title: `${name} of ${relative(root, source.fileName)}`, code });
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return examples;
}

/** Where each export of a package is to be had. */
const exported = new Map<string, string>();
for (const [index, file] of indexes.entries()) {
  const symbol = checker.getSymbolAtLocation(program.getSourceFile(file) as ts.SourceFile) as ts.Symbol;
  for (const { name } of checker.getExportsOfModule(symbol)) {
    if (!exported.has(name)) exported.set(name, names[index] as string);
  }
}

/** An example as a module: with the imports and the values that it takes for granted. */
function toModule(code: string): string {
  const isDeclared = (name: string): boolean =>
    new RegExp(`(const|let|class|function|using|import) +(\\{[^}=]*\\b)?${name}\\b`).test(code) ||
    new RegExp(`const \\{[^}]*\\b${name}\\b[^}]*\\} =`).test(code);
  const isUsed = (name: string, text: string): boolean =>
    new RegExp(`(?<![\\w"'-]|(?<!\\.\\.)\\.)${name}\\b(?!:)`).test(text);
  const text = /prompt|Lora|TextualInversion/.test(code);
  const all = {
    ...given,
    pipe: `declare const pipe: ${text ? "StableDiffusionPipeline" : "ConsistencyModelPipeline"};`,
  };
  const values = Object.entries(all)
    .filter(([name]) => isUsed(name, code) && !isDeclared(name))
    .map(([, declaration]) => declaration);
  const body = [...values, code.replace(/^/gm, "  ")].join("\n");
  const imports = [...exported]
    .filter(([name]) => isUsed(name, body) && !isDeclared(name))
    .map(([name, packageName]) => `import { ${name} } from "${packageName}";`);
  const top = values.filter((value) => value.startsWith("import"));
  const declared = values.filter((value) => !value.startsWith("import"));
  return [...top, ...imports, "export {};", ...declared, code].join("\n");
}

/** Whether a symbol is exported as a type alone, so that nobody can call or construct it. */
function isTypeOnly({ declarations = [] }: ts.Symbol): boolean {
  return declarations.every((node) => ts.isExportSpecifier(node) && ts.isTypeOnlyExportDeclaration(node));
}

describe("examples in doc comments", () => {
  const examples = findExamples();

  it("are looked for in all sources", () => {
    expect(sources.length).toBeGreaterThan(300);
  });

  it.each(exemplified)("are there for every class and function of %s, but errors", (name) => {
    const index = program.getSourceFile(indexes[names.indexOf(name)] as string) as ts.SourceFile;
    const missing = checker
      .getExportsOfModule(checker.getSymbolAtLocation(index) as ts.Symbol)
      .filter((symbol) => !isTypeOnly(symbol))
      .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol))
      .filter(
        ({ flags, name }) => flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Function) && !/Error$/.test(name),
      )
      .filter(({ declarations = [] }) =>
        declarations.every(
          (node) => !ts.getJSDocTags(node).some(({ tagName }) => tagName.text === "example"),
        ),
      )
      .map(({ name }) => name);
    expect(missing).toEqual([]);
  });

  it("compile", () => {
    expect(examples.length).toBeGreaterThan(80);
    const folder = join(root, "packages/onestep/src");
    const modules = new Map(
      examples.map(({ title, code }, index) => [
        join(folder, `example-${index}.ts`),
        { title, text: toModule(code) },
      ]),
    );
    const host = ts.createCompilerHost(options);
    const { getSourceFile, fileExists, readFile } = host;
    host.fileExists = (path) => modules.has(path) || fileExists(path);
    host.readFile = (path) => modules.get(path)?.text ?? readFile(path);
    host.getSourceFile = (path, target, ...rest) => {
      const found = modules.get(path);
      if (found !== undefined) return ts.createSourceFile(path, found.text, target);
      return program.getSourceFile(path) ?? getSourceFile(path, target, ...rest);
    };
    const compiled = ts.createProgram([...modules.keys()], options, host);
    const faults = [...modules].flatMap(([path, { title, text }]) =>
      ts
        .getPreEmitDiagnostics(compiled, compiled.getSourceFile(path))
        .map(({ messageText }) => `${title}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}\n${text}`),
    );
    expect(faults.join("\n\n")).toBe("");
  });
});
