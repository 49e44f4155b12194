import { formatPythonFloat } from "./format-python-float.ts";
import { PythonFloat, type PythonJson, type PythonJsonObject } from "./python-json.ts";

const maximumLength = 120;
const maximumItems = 12;

/** Whether a JSON value is an object. */
export function isJsonObject(json: PythonJson): json is PythonJsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json) && !(json instanceof PythonFloat);
}

/** A JSON value in a few words, for error messages. */
export function describeJson(json: PythonJson): string {
  return describeValue(json);
}

/** Any value in a few words, for error messages: JSON where it is JSON, cut where it is long. Never throws. */
export function describeValue(value: unknown): string {
  const text = describe(value, 3);
  return text.length > maximumLength ? `${text.slice(0, maximumLength - 3)}...` : text;
}

function describe(value: unknown, depth: number): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, maximumLength));
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof PythonFloat) return formatPythonFloat(value.value);
  if (Array.isArray(value)) {
    if (depth === 0) return "[...]";
    const items = value.slice(0, maximumItems).map((item) => describe(item, depth - 1));
    return `[${cut(items, value.length)}]`;
  }
  const keys = Object.keys(value);
  if (depth === 0) return "{...}";
  const entries = keys
    .slice(0, maximumItems)
    .map((key) => `${JSON.stringify(key)}:${describe(Reflect.get(value, key), depth - 1)}`);
  return `{${cut(entries, keys.length)}}`;
}

function cut(parts: readonly string[], count: number): string {
  return [...parts, ...(count > parts.length ? ["..."] : [])].join(",");
}
