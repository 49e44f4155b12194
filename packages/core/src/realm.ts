/*
 * Type checks that work across realms. Test runners run programs in their own context (`node:vm`), where values thrown
 * and returned by Node's modules are not instances of the context's `Error` and `Uint8Array`.
 */

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}

/** Whether a value is a record, such as a parsed JSON object: not null, not an array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is an error. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || ["Error", "DOMException"].includes(tagOf(value));
}

/** An error's message; any other value as text. */
export function errorMessage(error: unknown): string {
  return isError(error) ? error.message : String(error);
}

/** Node's error code, such as `ENOENT`; undefined for other values. */
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
