import { PythonFloat, type PythonJson } from "./python-json.ts";

/**
 * One field of a configuration: reads its JSON form and writes its JavaScript value. `read` and `write` return
 * `undefined` if the value has the wrong type.
 */
export interface ConfigField<Value> {
  /** Describes the value in error messages: `an integer`. */
  readonly description: string;
  /** The default as declared in Python, which distinguishes `1` from `1.0`. */
  readonly defaultJson: PythonJson;
  readonly read: (json: PythonJson) => Value | undefined;
  readonly write: (value: unknown) => PythonJson | undefined;
}

/** The options object described by a set of fields. */
export type ConfigValues<Fields> = {
  readonly [Name in keyof Fields]: Fields[Name] extends ConfigField<infer Value> ? Value : never;
};

/** The input form of a set of fields: each may be omitted or `undefined`. */
export type ConfigOptions<Fields> = {
  readonly [Name in keyof ConfigValues<Fields>]?: ConfigValues<Fields>[Name] | undefined;
};

/**
 * A field that holds an integer.
 *
 * @example
 * const schema = new ConfigSchema("MyModel", { value: integerField(1000) });
 */
export function integerField(defaultValue: number): ConfigField<number> {
  return { description: "an integer", defaultJson: defaultValue, read: readInteger, write: writeInteger };
}

/**
 * A field that holds a number, not NaN. `defaultJson` is a bare number if Python's default is an `int`.
 *
 * @example
 * const schema = new ConfigSchema("MyModel", { value: floatField(0.0001) });
 */
export function floatField(defaultJson: PythonFloat | number): ConfigField<number> {
  return { description: "a number", defaultJson, read: readFloat, write: writeFloat };
}

/**
 * A field that holds true or false.
 *
 * @example
 * const schema = new ConfigSchema("MyModel", { value: booleanField(false) });
 */
export function booleanField(defaultValue: boolean): ConfigField<boolean> {
  const read = (json: unknown): boolean | undefined => (typeof json === "boolean" ? json : undefined);
  return { description: "true or false", defaultJson: defaultValue, read, write: read };
}

/**
 * A field that holds text.
 *
 * @example
 * const schema = new ConfigSchema("MyModel", { value: stringField("linear") });
 */
export function stringField(defaultValue: string): ConfigField<string> {
  return { description: "a string", defaultJson: defaultValue, read: readString, write: readString };
}

/**
 * A field that holds one of a few words.
 *
 * @example
 * const schema = new ConfigSchema("MyModel", { kind: enumField(["linear", "cosine"], "linear") });
 */
export function enumField<const Choice extends string>(
  choices: readonly Choice[],
  defaultValue: NoInfer<Choice>,
): ConfigField<Choice> {
  const read = (json: unknown): Choice | undefined => choices.find((choice) => choice === json);
  return { description: `one of ${choices.join(", ")}`, defaultJson: defaultValue, read, write: read };
}

/**
 * A field that holds a list of values of another kind.
 *
 * @example
 * const schema = new ConfigSchema("MyModel", { widths: listField(integerField(0), [64, 128]) });
 */
export function listField<Value>(
  item: ConfigField<Value>,
  defaultJson: PythonJson[],
): ConfigField<readonly Value[]> {
  return {
    description: `a list, each item ${item.description}`,
    defaultJson,
    read: (json) => (Array.isArray(json) ? collect(json, item.read) : undefined),
    write: (value) => (Array.isArray(value) ? collect(value as unknown[], item.write) : undefined),
  };
}

/**
 * A nullable field. Its default is null unless `defaultJson` is given.
 *
 * @example
 * const schema = new ConfigSchema("MyModel", { classes: nullableField(integerField(0)) });
 */
export function nullableField<Value>(
  field: ConfigField<Value>,
  defaultJson: PythonJson = null,
): ConfigField<Value | null> {
  return {
    description: `${field.description}, or null`,
    defaultJson,
    read: (json) => (json === null ? null : field.read(json)),
    write: (value) => (value === null ? null : field.write(value)),
  };
}

/**
 * A union of fields; the first that matches wins.
 *
 * @example
 * const schema = new ConfigSchema("MyModel", { size: eitherField(integerField(32), listField(integerField(0), [])) });
 */
export function eitherField<First, Second>(
  first: ConfigField<First>,
  second: ConfigField<Second>,
): ConfigField<First | Second> {
  return {
    description: `${first.description}, or ${second.description}`,
    defaultJson: first.defaultJson,
    read: (json) => {
      const value = first.read(json);
      return value === undefined ? second.read(json) : value;
    },
    write: (value) => {
      const json = first.write(value);
      return json === undefined ? second.write(value) : json;
    },
  };
}

function collect<From, To>(
  items: readonly From[],
  convert: (item: From) => To | undefined,
): To[] | undefined {
  const converted: To[] = [];
  for (const item of items) {
    const value = convert(item);
    if (value === undefined) return undefined;
    converted.push(value);
  }
  return converted;
}

function readString(json: unknown): string | undefined {
  return typeof json === "string" ? json : undefined;
}

function readInteger(json: PythonJson): number | undefined {
  const value = json instanceof PythonFloat ? json.value : json;
  return typeof value === "number" && Number.isSafeInteger(value) ? value : undefined;
}

function writeInteger(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

function readFloat(json: PythonJson): number | undefined {
  const value = json instanceof PythonFloat ? json.value : json;
  return typeof value === "number" && !Number.isNaN(value) ? value : undefined;
}

function writeFloat(value: unknown): PythonFloat | undefined {
  return typeof value === "number" && !Number.isNaN(value) ? new PythonFloat(value) : undefined;
}
