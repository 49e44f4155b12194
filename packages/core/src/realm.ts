/*
 * What a value is, whichever realm made it. Test runners run programs in a context of their own (`node:vm`), where what
 * Node's modules throw and return are not instances of the context's `Error` and `Uint8Array`.
 */

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}

/** Whether a value is an object with entries of its own names, such as parsed JSON: not null, not a list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is an error. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || ["Error", "DOMException"].includes(tagOf(value));
}

/** What an error says; any other value, as text. */
export function errorMessage(error: unknown): string {
  return isError(error) ? error.message : String(error);
}

/** The code that Node gives to an error, as `ENOENT`; undefined for other values. */
export function errorCode(error: unknown): string | undefined {
  return isError(error) && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Whether a value is an array of bytes; Node's `Buffer` is one. */
export function isUint8Array(value: unknown): value is Uint8Array {
  return tagOf(value) === "Uint8Array";
}

/** Whether a value is a URL. */
export function isUrl(value: unknown): value is URL {
  return tagOf(value) === "URL";
}

/** Whether a value is a Blob; a `File` is one. */
export function isBlob(value: unknown): value is Blob {
  return value instanceof Blob || ["Blob", "File"].includes(tagOf(value));
}
