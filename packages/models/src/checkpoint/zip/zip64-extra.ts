import type { ZipView } from "./zip-view.ts";

const zip64Id = 1;
const fieldHeaderBytes = 4;
const numberBytes = 8;

/** In a 32-bit field: the number is too large and is stored in the zip64 field of the extra data. */
export const inZip64Extra = 0xffff_ffff;

/**
 * Reads numbers above 32 bits from the zip64 field of an entry's extra data (APPNOTE.TXT, 4.5.3). It holds only the fields
 * set to {@link inZip64Extra}, in the order of the 32-bit fields.
 *
 * @param numbers - The 32-bit fields, in the order of the standard: size, compressed size, offset.
 * @returns The numbers, or `undefined` if the extra data is malformed or incomplete.
 */
export function resolveZip64Extra(
  view: ZipView,
  start: number,
  length: number,
  numbers: readonly number[],
): readonly number[] | undefined {
  const end = start + length;
  let position = start;
  let field: { next: number; readonly end: number } | undefined;
  while (position < end) {
    if (position + fieldHeaderBytes > end) return undefined;
    const next = position + fieldHeaderBytes + view.uint16(position + 2);
    if (next > end) return undefined;
    if (view.uint16(position) === zip64Id) {
      if (field !== undefined) return undefined;
      field = { next: position + fieldHeaderBytes, end: next };
    }
    position = next;
  }
  const resolved: number[] = [];
  for (const number of numbers) {
    if (number !== inZip64Extra) {
      resolved.push(number);
      continue;
    }
    if (field === undefined || field.next + numberBytes > field.end) return undefined;
    resolved.push(view.uint64(field.next));
    field.next += numberBytes;
  }
  return resolved;
}
