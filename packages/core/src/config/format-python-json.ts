import { InvalidArgumentError } from "../errors.ts";
import { readConfigRecord } from "./config.ts";
import { describeValue } from "./describe-value.ts";
import {
  formatPythonFloat,
  isJsonObject,
  maximumJsonDepth,
  PythonFloat,
  type PythonJson,
  type PythonJsonObject,
} from "./python-json.ts";

/** Written to saved configs as `_diffusers_version`: the diffusers release whose behaviour we follow. */
export const diffusersVersion = "0.40.0.dev0";

const unsaved = new Set(["_use_default_values", "_ignore_files", "_pre_quantization_dtype"]);

/**
 * The config as Python would save it: sorted keys, indent 2, `_class_name` and `_diffusers_version` (diffusers'
 * `ConfigMixin.to_json_string`).
 *
 * @throws InvalidArgumentError if the object was not created by a ConfigSchema.
 */
export function formatConfig(config: object): string {
  const record = readConfigRecord(config);
  if (record === undefined) {
    throw new InvalidArgumentError({
      subject: "config",
      found: describeValue(config),
      expected: "the `config` of a scheduler, model or pipeline",
      remedy: "Make one with `fromOptions` or `fromConfig`.",
    });
  }
  const document: PythonJsonObject = Object.create(null);
  for (const [name, json] of record.entries) if (!unsaved.has(name)) document[name] = json;
  document["_class_name"] = record.className;
  document["_diffusers_version"] = diffusersVersion;
  return formatPythonJson(document);
}

/**
 * Same output as Python's `json.dumps(value, indent=2, sort_keys=True) + "\n"`, byte for byte. A bare number that is
 * not a safe integer is written as a float.
 *
 * @throws InvalidArgumentError if the value nests deeper than 64 levels or contains something that is not JSON.
 */
export function formatPythonJson(value: PythonJson): string {
  return `${format(value, 0)}\n`;
}

function format(value: PythonJson, depth: number): string {
  if (depth > maximumJsonDepth)
    throw notJson("a deeper one", `at most ${maximumJsonDepth} levels of nesting`);
  if (value instanceof PythonFloat) return formatPythonFloat(value.value);
  switch (typeof value) {
    case "string":
      return formatString(value);
    case "number":
      return Number.isSafeInteger(value) ? String(value) : formatPythonFloat(value);
    case "boolean":
    case "bigint":
      return String(value);
    default:
      return formatNested(value, depth);
  }
}

function formatNested(value: PythonJson, depth: number): string {
  if (value === null) return "null";
  const inner = "  ".repeat(depth + 1);
  if (Array.isArray(value)) {
    return enclose(
      "[",
      value.map((item) => inner + format(item, depth + 1)),
      "]",
      depth,
    );
  }
  if (!isJsonObject(value)) throw notJson(describeValue(value), "JSON");
  const keys = Object.keys(value).sort(compareCodePoints);
  const lines = keys.map(
    (key) => `${inner}${formatString(key)}: ${format(value[key] as PythonJson, depth + 1)}`,
  );
  return enclose("{", lines, "}", depth);
}

function enclose(open: string, lines: readonly string[], close: string, depth: number): string {
  if (lines.length === 0) return open + close;
  return `${open}\n${lines.join(",\n")}\n${"  ".repeat(depth)}${close}`;
}

/** Escapes everything but printable ASCII, as Python does; characters beyond 16 bits become two escapes. */
function formatString(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The order of Python's strings; JavaScript's own differs beyond 16 bits. */
function compareCodePoints(left: string, right: string): number {
  const leftPoints = Array.from(left, toCodePoint);
  const rightPoints = Array.from(right, toCodePoint);
  const index = leftPoints.findIndex((point, position) => point !== rightPoints[position]);
  if (index === -1) return leftPoints.length - rightPoints.length;
  return (leftPoints[index] ?? 0) - (rightPoints[index] ?? -1);
}

function toCodePoint(character: string): number {
  return character.codePointAt(0) ?? 0;
}

function notJson(found: string, expected: string): InvalidArgumentError {
  return new InvalidArgumentError({
    subject: "JSON value",
    found,
    expected,
    remedy: "Pass null, booleans, strings, numbers, lists and plain objects.",
  });
}
