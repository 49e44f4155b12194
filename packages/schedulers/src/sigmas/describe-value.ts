/** A value that a caller passed, in a few words for messages. */
export function describeValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function" || (typeof value === "object" && value !== null))
    return `a value of type ${typeof value}`;
  return String(value);
}
