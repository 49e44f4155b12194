import { InvalidArgumentError } from "../errors.ts";
import { describeValue } from "./describe-value.ts";
import { maximumJsonDepth, PythonFloat, type PythonJson, type PythonJsonObject } from "./python-json.ts";

const recordKey: unique symbol = Symbol.for("onestep.config-record");

/** The document behind a config, as it would be saved. */
export interface ConfigRecord {
  /** The class of the config, by its diffusers name (`UNet2DModel`). */
  readonly className: string;
  /** Every entry in its snake_case JSON form, unknown ones included; `_class_name` is not among them. */
  readonly entries: ReadonlyMap<string, PythonJson>;
  /** Snake_case names of the fields left at their defaults. They are not copied to another class (diffusers' rule). */
  readonly defaulted: ReadonlySet<string>;
}

/**
 * A configuration: frozen camelCase values, plus the source document, so that unknown entries survive a round trip
 * through `fromConfig` and `savePretrained`.
 */
export type Config<Values> = Values & { readonly [recordKey]: ConfigRecord };

/** Attaches the record to the values and freezes both. */
export function createConfig<Values extends object>(values: Values, record: ConfigRecord): Config<Values> {
  const config = { ...values };
  Object.defineProperty(config, recordKey, { value: record, enumerable: false });
  return Object.freeze(config) as Config<Values>;
}

/** The document behind a config; `undefined` for any other object. */
export function readConfigRecord(value: object): ConfigRecord | undefined {
  return recordKey in value ? (value as { [recordKey]: ConfigRecord })[recordKey] : undefined;
}

/** `numTrainTimesteps` → `num_train_timesteps`. */
export function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `num_train_timesteps` → `numTrainTimesteps`. */
export function toCamelCase(name: string): string {
  return name.replace(/(?<=[a-z0-9])_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}

/**
 * Copies a JavaScript value to a Python JSON document. Numbers that are not safe integers become floats; `undefined`
 * entries are omitted, as by `JSON.stringify`.
 *
 * @param subject - Names the value in error messages.
 * @throws InvalidArgumentError if it holds something that is not JSON, or nests deeper than 64 levels.
 */
export function toPythonJson(value: unknown, subject: string): PythonJson {
  return convert(value, subject, 0);
}

function convert(value: unknown, path: string, depth: number): PythonJson {
  if (depth > maximumJsonDepth) throw notJson(path, `more than ${maximumJsonDepth} levels of nesting`);
  if (value === null || value instanceof PythonFloat) return value;
  switch (typeof value) {
    case "string":
    case "boolean":
    case "bigint":
      return value;
    case "number":
      return Number.isSafeInteger(value) ? value : new PythonFloat(value);
    case "object":
      return Array.isArray(value)
        ? Array.from(value, (item, index) => convert(item, `${path}[${index}]`, depth + 1))
        : convertObject(value, path, depth);
    default:
      throw notJson(path, describeValue(value));
  }
}

function convertObject(value: object, path: string, depth: number): PythonJsonObject {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (typeof prototype === "object" && prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw notJson(path, `an object of the class ${value.constructor.name}`);
  }
  const object: PythonJsonObject = Object.create(null);
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined) object[key] = convert(item, `${path}.${key}`, depth + 1);
  }
  return object;
}

function notJson(path: string, found: string): InvalidArgumentError {
  return new InvalidArgumentError({
    subject: path,
    found,
    expected: "something that JSON can hold",
    remedy: "Pass null, booleans, strings, numbers, lists and plain objects.",
  });
}
