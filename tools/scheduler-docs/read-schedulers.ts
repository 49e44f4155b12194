import { join } from "node:path";
import ts from "typescript";
import type {
  DocumentedInterface,
  DocumentedMethod,
  DocumentedScheduler,
  DocumentedValue,
} from "./documented-scheduler.ts";

/** What is public, of a class or an interface. */
type Member = readonly [symbol: ts.Symbol, declaration: ts.Declaration];

/**
 * Reads the comments and types of schedulers from the sources of their package.
 *
 * @param root - The repository.
 * @param classNames - The schedulers.
 */
export function readSchedulers(root: string, classNames: readonly string[]): DocumentedScheduler[] {
  const entry = join(root, "packages/schedulers/src/index.ts");
  const { config } = ts.readConfigFile(join(root, "tsconfig.base.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram([entry], { ...options, noEmit: true });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(entry);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${entry} exports nothing`);
  const exported = new Map(
    checker.getExportsOfModule(module).map((symbol) => {
      const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
      return [symbol.name, isAlias ? checker.getAliasedSymbol(symbol) : symbol] as const;
    }),
  );
  return classNames.map((className) => new SchedulerReader(checker, exported, className).read());
}

class SchedulerReader {
  readonly #checker: ts.TypeChecker;
  readonly #exported: ReadonlyMap<string, ts.Symbol>;
  readonly #className: string;

  constructor(checker: ts.TypeChecker, exported: ReadonlyMap<string, ts.Symbol>, className: string) {
    this.#checker = checker;
    this.#exported = exported;
    this.#className = className;
  }

  read(): DocumentedScheduler {
    const symbol = this.#find(this.#className);
    const instance = this.#membersOf(this.#checker.getDeclaredTypeOfSymbol(symbol));
    const statics = this.#membersOf(this.#checker.getTypeOfSymbol(symbol));
    const config = this.#readInterface(`${this.#className}Config`);
    if (config === undefined) throw new Error(`${this.#className} has no config`);
    return {
      className: this.#className,
      text: this.#textOf(symbol),
      config,
      interfaces: this.#readInterfaces(),
      properties: instance
        .filter(([, at]) => !ts.isMethodDeclaration(at))
        .map((member) => this.#readValue(member)),
      methods: [
        ...instance.flatMap((member) => this.#readMethod(member, false)).sort(byRank),
        ...statics.flatMap((member) => this.#readMethod(member, true)),
      ],
    };
  }

  /**
   * Interfaces whose names begin with the scheduler's name, with or without its ending `Scheduler`; the output of a
   * step first.
   */
  #readInterfaces(): DocumentedInterface[] {
    const stem = this.#className.replace(/Scheduler$/, "");
    const left = new Set([`${this.#className}Config`, `${this.#className}Options`]);
    const names = [...this.#exported.keys()].filter((name) => {
      const rest = name.startsWith(stem) ? name.slice(stem.length) : undefined;
      return (
        rest !== undefined &&
        /^(Scheduler)?(Output|SetTimesteps|Step|StepOptions)/.test(rest) &&
        !left.has(name)
      );
    });
    names.sort((one, other) => Number(other.endsWith("Output")) - Number(one.endsWith("Output")));
    return names.flatMap((name) => this.#readInterface(name) ?? []);
  }

  #readInterface(name: string): DocumentedInterface | undefined {
    const symbol = this.#exported.get(name);
    if (symbol === undefined) return undefined;
    const members = this.#membersOf(this.#checker.getDeclaredTypeOfSymbol(symbol));
    return { name, text: this.#textOf(symbol), fields: members.map((member) => this.#readValue(member)) };
  }

  #readValue([symbol, declaration]: Member): DocumentedValue {
    const type = this.#checker.getTypeOfSymbol(symbol);
    const isOptional = (symbol.flags & ts.SymbolFlags.Optional) !== 0;
    const flags = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope;
    const shown = this.#checker.typeToString(type, declaration, flags);
    return {
      name: symbol.name,
      type: (isOptional ? shown.replace(/ \| undefined\b/, "") : shown).replaceAll("<ArrayBufferLike>", ""),
      isOptional,
      text: this.#textOf(symbol) || this.#textOfInterface(symbol.name),
    };
  }

  #readMethod([symbol, declaration]: Member, isStatic: boolean): DocumentedMethod[] {
    if (!ts.isMethodDeclaration(declaration)) return [];
    const tags = symbol.getJsDocTags(this.#checker);
    const textOfTag = (tag: ts.JSDocTagInfo) => tidy(ts.displayPartsToString(tag.text));
    const parameters = declaration.parameters.map((parameter) => {
      const name = parameter.name.getText();
      const tag = tags.find((each) => each.name === "param" && textOfTag(each).startsWith(`${name} `));
      return {
        name,
        type: this.#concrete(parameter.type?.getText() ?? typeOfDefault(parameter.initializer)),
        isOptional: parameter.questionToken !== undefined || parameter.initializer !== undefined,
        text:
          tag === undefined
            ? ""
            : textOfTag(tag)
                .replace(/^\\S+ (- )?/, "")
                .replace(`${name} - `, ""),
      };
    });
    return [
      {
        name: symbol.name,
        isStatic,
        parameters: parameters.filter(({ name }) => name !== "this" && !name.startsWith("_")),
        returns: this.#returnsOf(symbol.name, declaration),
        text: this.#textOf(symbol),
        throws: tags.filter(({ name }) => name === "throws").map(textOfTag),
      },
    ];
  }

  /** The name of what a step gives is that of the scheduler, also where the class that has the step is one of several. */
  #returnsOf(name: string, declaration: ts.MethodDeclaration): string {
    const output = `${this.#className}Output`;
    if (name === "step" && this.#exported.has(output)) return output;
    return this.#concrete(declaration.type?.getText() ?? "void");
  }

  /** The scheduler's own type in place of a general type from a shared class. */
  #concrete(type: string): string {
    return type
      .replace("ConfigOptions<ConfigValues<Fields>>", `${this.#className}Options`)
      .replace(/\bInstance\b|^this$/, this.#className)
      .replace(/\s+/g, " ");
  }

  #membersOf(type: ts.Type): Member[] {
    const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
    return this.#checker.getPropertiesOfType(type).flatMap((symbol): Member[] => {
      const [declaration] = symbol.getDeclarations() ?? [];
      if (declaration === undefined || symbol.name === "prototype" || symbol.name.startsWith("#")) return [];
      return (ts.getCombinedModifierFlags(declaration) & hidden) === 0 ? [[symbol, declaration]] : [];
    });
  }

  #textOf(symbol: ts.Symbol): string {
    return tidy(ts.displayPartsToString(symbol.getDocumentationComment(this.#checker)));
  }

  /** What the interface that all schedulers keep to says of a property. */
  #textOfInterface(name: string): string {
    const type = this.#checker.getDeclaredTypeOfSymbol(this.#find("Scheduler"));
    const symbol = this.#checker.getPropertyOfType(type, name);
    return symbol === undefined ? "" : this.#textOf(symbol);
  }

  #find(name: string): ts.Symbol {
    const symbol = this.#exported.get(name);
    if (symbol === undefined) throw new Error(`@onestep/schedulers does not export ${name}`);
    return symbol;
  }
}

/** The methods of a loop come first, in its order. */
function byRank(one: DocumentedMethod, other: DocumentedMethod): number {
  const loop = ["addNoise", "step", "scaleModelInput", "setTimesteps"];
  return loop.indexOf(other.name) - loop.indexOf(one.name);
}

/** A comment as Markdown: one line for each paragraph and item of a list, links as code. */
function tidy(text: string): string {
  return text
    .replace(/\{@link (?:[\w.]+\.)?(\w+)[^}]*\}/g, "`$1`")
    .split(/\n\s*\n/)
    .map((paragraph) =>
      paragraph.replace(/\s*\n\s*(- )?/g, (_, item) => (item === undefined ? " " : "\n- ")).trim(),
    )
    .join("\n\n");
}

function typeOfDefault(initializer: ts.Expression | undefined): string {
  return initializer !== undefined && ts.isNumericLiteral(initializer) ? "number" : "unknown";
}
