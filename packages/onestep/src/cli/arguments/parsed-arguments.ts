/** What stands on the command line after the command, checked against its definition. */
export class ParsedArguments {
  /** What is no option, in order. */
  readonly positionals: readonly string[];
  readonly #values: ReadonlyMap<string, readonly string[]>;

  /** @param values - The values of each option that was given, by its long name; none for a switch. */
  constructor(positionals: readonly string[], values: ReadonlyMap<string, readonly string[]>) {
    this.positionals = positionals;
    this.#values = values;
  }

  /** Whether an option was given. */
  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The value of an option, the last one where it was given more than once. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  /** All values of an option; empty where it was not given. */
  texts(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }
}
