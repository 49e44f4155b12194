import { isRecord } from "@onestep/core/internal";

/** A JSON object of the storage; undefined if there is none, or it is damaged. */
export function parseJsonRecord(
  bytes: Uint8Array | undefined,
): Readonly<Record<string, unknown>> | undefined {
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
