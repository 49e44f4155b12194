import type { ReadOptions, RepositoryFile } from "@onestep/hub";
import { zipFault } from "./zip-fault.ts";
import { ZipView } from "./zip-view.ts";

/** The location and number of entries of a zip file's central directory. */
export interface ZipEnd {
  readonly entries: number;
  readonly offset: number;
  readonly size: number;
}

const endSignature = 0x06054b50;
const endBytes = 22;
const maximumCommentBytes = 0xffff;
const locatorSignature = 0x07064b50;
const locatorBytes = 20;
const end64Signature = 0x06064b50;
const end64Bytes = 56;
/** The record's length does not count its signature and the length itself. */
const end64LengthBytes = 12;

/** Maximum size of the central directory: 100,000 arrays take some 10 MB. */
const maximumDirectoryBytes = 32 * 1024 * 1024;
const maximumEntries = 200_000;
const entryBytes = 46;

/**
 * Finds the end record of a zip file, including zip64, and checks it against the file: the directory must end where the end
 * record begins.
 *
 * @throws CheckpointError if it is missing or inconsistent.
 */
export async function readZipEnd(file: RepositoryFile, options: ReadOptions): Promise<ZipEnd> {
  const tailStart = Math.max(0, file.size - endBytes - maximumCommentBytes - locatorBytes - end64Bytes);
  const tail = new ZipView(await file.read(tailStart, file.size, options));
  const position = findEnd(tail);
  if (position === undefined) {
    throw zipFault(file.path, "no end record of a zip file", "one in the last bytes: the file was cut off");
  }
  const classic = {
    entries: tail.uint16(position + 10),
    size: tail.uint32(position + 12),
    offset: tail.uint32(position + 16),
  };
  requireOneDisk(file, [
    tail.uint16(position + 4),
    tail.uint16(position + 6),
    tail.uint16(position + 8) - classic.entries,
  ]);
  const locator = position - locatorBytes;
  const isZip64 = locator >= 0 && tail.uint32(locator) === locatorSignature;
  const { end, start } = isZip64
    ? readZip64End(file, tail, locator, tailStart, classic)
    : { end: classic, start: tailStart + position };
  checkEnd(file, end, start);
  return end;
}

function findEnd(tail: ZipView): number | undefined {
  for (let position = tail.bytes.length - endBytes; position >= 0; position -= 1) {
    const isEnd = tail.uint32(position) === endSignature;
    if (isEnd && position + endBytes + tail.uint16(position + 20) === tail.bytes.length) return position;
  }
  return undefined;
}

function readZip64End(
  file: RepositoryFile,
  tail: ZipView,
  locator: number,
  tailStart: number,
  classic: ZipEnd,
): { readonly end: ZipEnd; readonly start: number } {
  const start = tail.uint64(locator + 8);
  const position = start - tailStart;
  // No space is allowed between the two records for future fields: nobody writes them.
  if (position !== locator - end64Bytes || position < 0 || tail.uint32(position) !== end64Signature) {
    const expected = `byte ${tailStart + locator - end64Bytes}, right before its locator`;
    throw zipFault(file.path, `a zip64 end record said to be at byte ${start}`, expected);
  }
  const length = tail.uint64(position + 4);
  if (length !== end64Bytes - end64LengthBytes) {
    throw zipFault(file.path, `a zip64 end record of ${length} bytes`, `${end64Bytes - end64LengthBytes}`);
  }
  const end = {
    entries: tail.uint64(position + 32),
    size: tail.uint64(position + 40),
    offset: tail.uint64(position + 48),
  };
  requireOneDisk(file, [
    tail.uint32(locator + 4),
    tail.uint32(position + 16),
    tail.uint32(position + 20),
    tail.uint64(position + 24) - end.entries,
  ]);
  const agrees =
    (classic.entries === 0xffff || classic.entries === end.entries) &&
    (classic.size === 0xffff_ffff || classic.size === end.size) &&
    (classic.offset === 0xffff_ffff || classic.offset === end.offset);
  if (!agrees) {
    throw zipFault(
      file.path,
      `end records that differ (${describeEnd(classic)}; ${describeEnd(end)})`,
      "the same in both",
    );
  }
  return { end, start };
}

function checkEnd(file: RepositoryFile, end: ZipEnd, endStart: number): void {
  if (end.offset + end.size !== endStart) {
    throw zipFault(
      file.path,
      `a directory of ${end.size} bytes at byte ${end.offset}`,
      `one that ends at byte ${endStart}, where the end record begins`,
    );
  }
  if (end.size > maximumDirectoryBytes || end.entries > maximumEntries) {
    throw zipFault(
      file.path,
      `a directory of ${describeEnd(end)}`,
      `at most ${maximumEntries} entries and ${maximumDirectoryBytes} bytes`,
    );
  }
  if (end.entries * entryBytes > end.size) {
    throw zipFault(
      file.path,
      `a directory of ${describeEnd(end)}`,
      `at least ${entryBytes} bytes for each entry`,
    );
  }
}

function requireOneDisk(file: RepositoryFile, numbers: readonly number[]): void {
  if (numbers.every((number) => number === 0)) return;
  throw zipFault(file.path, "a part of a zip file in several parts", "a zip file in one part");
}

function describeEnd({ entries, size, offset }: ZipEnd): string {
  return `${entries} entries in ${size} bytes at byte ${offset}`;
}
