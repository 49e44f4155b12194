import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import { describeValue } from "./describe-json.ts";
import { maximumJsonDepth, PythonFloat, type PythonJson, type PythonJsonObject } from "./python-json.ts";

/**
 * A copy of a JavaScript value as a JSON document of Python's. Numbers that are not safe integers become floats, entries
 * that are `undefined` are left out, as `JSON.stringify` does.
 *
 * @param subject - Names the value in error messages.
 * @throws InvalidArgumentError where it holds something that is not JSON, or nests deeper than 64 levels.
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
