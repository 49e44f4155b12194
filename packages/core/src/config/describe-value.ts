import { formatPythonFloat, PythonFloat, type PythonJson } from "./python-json.ts";

const maximumLength = 120;
const maximumItems = 12;

/** A short description of a JSON value for error messages, as written in its file. */
export function describeJson(json: PythonJson): string {
  return shorten(() => describe(json, 3, (value) => `${value}`));
}

/**
 * A short description of any value for error messages, as written in code: `"3"`, `3n`, `3`. Tensors and typed arrays
 * are described without their contents, class instances by their class. One line of at most 120 characters. Never
 * throws, even for values with throwing getters.
 */
export function describeValue(value: unknown): string {
  return shorten(() => describe(value, 3, (integer) => `${integer}n`));
}

function shorten(write: () => string): string {
  const text = attempt(write, "a value that cannot be read").replace(
    /[\p{Cc}\p{Zl}\p{Zp}]/gu,
    escapeCharacter,
  );
  return text.length > maximumLength ? `${text.slice(0, maximumLength - 3)}...` : text;
}

function describe(value: unknown, depth: number, writeInteger: (value: bigint) => string): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, maximumLength));
  if (typeof value === "bigint") return writeInteger(value);
  if (typeof value === "function") return describeFunction(value);
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "-0" : String(value);
  if (value instanceof PythonFloat) return formatPythonFloat(value.value);
  const writeItem = (item: () => unknown): string =>
    attempt(() => describe(item(), depth - 1, writeInteger), "(cannot be read)");
  if (Array.isArray(value)) {
    if (depth === 0) return "[...]";
    const count = Math.min(value.length, maximumItems);
    const items = Array.from({ length: count }, (_, index) => writeItem(() => value[index]));
    return `[${cut(items, value.length)}]`;
  }
  const special = describeInstance(value);
  if (special !== undefined) return special;
  const keys = Object.keys(value);
  if (depth === 0) return "{...}";
  const entries = keys
    .slice(0, maximumItems)
    .map((key) => `${JSON.stringify(key)}:${writeItem(() => Reflect.get(value, key))}`);
  return `{${cut(entries, keys.length)}}`;
}

/** Describes a class instance; `undefined` for a plain object. */
function describeInstance(value: object): string | undefined {
  if (ArrayBuffer.isView(value)) {
    const length: unknown = Reflect.get(value, "length");
    const name = Object.prototype.toString.call(value).slice(8, -1);
    return `${/^I/.test(name) ? "an" : "a"} ${name}${typeof length === "number" ? ` of ${length} elements` : ""}`;
  }
  const { dtype, shape } = value as { readonly dtype?: unknown; readonly shape?: unknown };
  if (typeof dtype === "string" && Array.isArray(shape)) return `a tensor, ${dtype} [${shape.join(", ")}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (typeof prototype !== "object" || prototype === null) return undefined;
  // In every realm, the prototype of plain objects ends the prototype chain.
  if (Object.getPrototypeOf(prototype) === null) return undefined;
  const maker: unknown = Reflect.get(value, "constructor");
  const name = typeof maker === "function" ? maker.name : "";
  return name === "" ? "an object of a class" : `an object of the class ${name}`;
}

function describeFunction(value: object): string {
  const isClass = /^class\b/.test(Function.prototype.toString.call(value));
  const name: unknown = Reflect.get(value, "name");
  return isClass && typeof name === "string" && name !== "" ? `the class ${name}` : "a function";
}

function attempt(write: () => string, otherwise: string): string {
  try {
    return write();
  } catch {
    return otherwise;
  }
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function cut(parts: readonly string[], count: number): string {
  return [...parts, ...(count > parts.length ? ["..."] : [])].join(",");
}
