import { readFile } from "node:fs/promises";
import { errorMessage } from "@onestep/core/internal";
import { nearestName } from "@onestep/core/internal/nearest-name";
import { type OptionDefinition, UsageError } from "../arguments/parse-arguments.ts";
import { parseNumber } from "../arguments/parse-values.ts";
import type { Invocation } from "../command.ts";

/** The settings of a service: of the command line, else the environment, else a file. */
export class ServiceSettings {
  readonly #invocation: Pick<Invocation, "arguments" | "system">;
  readonly #file: Readonly<Record<string, unknown>>;

  private constructor(
    invocation: Pick<Invocation, "arguments" | "system">,
    file: Readonly<Record<string, unknown>>,
  ) {
    this.#invocation = invocation;
    this.#file = file;
  }

  /**
   * Reads the file that `--config` or ONESTEP_CONFIG names, if any.
   *
   * @param options - The options of the command, which the file may set.
   * @throws UsageError if it cannot be read, or sets something else.
   */
  static async read(
    invocation: Pick<Invocation, "arguments" | "system">,
    options: readonly OptionDefinition[],
  ): Promise<ServiceSettings> {
    const path = invocation.arguments.text("config") ?? invocation.system.environment[variableOf("config")];
    return new ServiceSettings(invocation, path === undefined ? {} : await readConfig(path, options));
  }

  /** The value of an option. */
  text(name: string): string | undefined {
    const { arguments: parsed, system } = this.#invocation;
    const value = parsed.text(name) ?? system.environment[variableOf(name)] ?? this.#file[name];
    return value === undefined || value === "" ? undefined : String(value);
  }

  /** The values of a repeatable option; in the environment, separated by commas. */
  texts(name: string): readonly string[] {
    const { arguments: parsed, system } = this.#invocation;
    if (parsed.has(name)) return parsed.texts(name);
    const variable = system.environment[variableOf(name)];
    if (variable !== undefined)
      return variable
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== "");
    const value = this.#file[name];
    if (value === undefined) return [];
    return Array.isArray(value) ? value.map(String) : [String(value)];
  }

  /** Whether a switch is on. */
  isOn(name: string): boolean {
    const { arguments: parsed, system } = this.#invocation;
    if (parsed.has(name)) return true;
    const value = system.environment[variableOf(name)] ?? this.#file[name];
    return value === true || /^(1|true|yes|on)$/i.test(String(value ?? ""));
  }

  /** A number of an option, within a range. @throws UsageError */
  number(
    name: string,
    { least, most }: { readonly least: number; readonly most: number },
  ): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = parseNumber(name, text);
    if (value >= least && value <= most) return value;
    throw new UsageError(`--${name}: found ${text}, expected a number from ${least} to ${most}.`);
  }

  /** A whole number of an option, within a range. @throws UsageError */
  count(name: string, range: { readonly least: number; readonly most: number }): number | undefined {
    const value = this.number(name, range);
    if (value === undefined || Number.isInteger(value)) return value;
    throw new UsageError(`--${name}: found ${value}, expected a whole number.`);
  }

  /** Pairs of a repeatable option, `name=value`. @throws UsageError */
  pairs(name: string): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.texts(name).map((text) => {
        const index = text.indexOf("=");
        if (index > 0 && index < text.length - 1) return [text.slice(0, index), text.slice(index + 1)];
        throw new UsageError(`--${name}: found ${JSON.stringify(text)}, expected a name, = and a value.`);
      }),
    );
  }
}

/** The environment variable of an option: `ONESTEP_MAX_BATCH` for `--max-batch`. */
export function variableOf(option: string): string {
  return `ONESTEP_${option.replaceAll("-", "_").toUpperCase()}`;
}

async function readConfig(
  path: string,
  options: readonly OptionDefinition[],
): Promise<Readonly<Record<string, unknown>>> {
  const names = options.map(({ name }) => name).filter((name) => name !== "config");
  const config = await readJson(path);
  for (const name of Object.keys(config)) {
    if (names.includes(name)) continue;
    const nearest = nearestName(name, names);
    const hint = nearest === undefined ? `The settings are ${names.join(", ")}.` : `Did you mean ${nearest}?`;
    throw new UsageError(
      `--config: ${path} sets ${JSON.stringify(name)}, which is no setting of this command. ${hint}`,
    );
  }
  return config;
}

async function readJson(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch (error) {
    throw new UsageError(`--config: ${path} cannot be read: ${errorMessage(error)}`);
  }
  throw new UsageError(`--config: ${path} is not a JSON object.`);
}
