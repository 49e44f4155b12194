import type { ReadOptions, RepositoryFile } from "@onestep/hub";
import type { ZipEnd } from "./zip-end.ts";
import type { DirectoryEntry } from "./zip-entry.ts";
import { zipFault } from "./zip-fault.ts";
import { ZipView } from "./zip-view.ts";
import { inZip64Extra, resolveZip64Extra } from "./zip64-extra.ts";

const signature = 0x02014b50;
const headerBytes = 46;

/** Flag bits for an encrypted entry or directory. */
const encryptionFlags = 0x1 | 0x40 | 0x2000;

/**
 * Reads the central directory of a zip file.
 *
 * @returns The entries, ordered by position in the file.
 * @throws CheckpointError if the directory is malformed, or has a duplicate or encrypted entry.
 */
export async function readDirectoryEntries(
  file: RepositoryFile,
  end: ZipEnd,
  options: ReadOptions,
): Promise<readonly DirectoryEntry[]> {
  const view = new ZipView(await file.read(end.offset, end.offset + end.size, options));
  const entries = new Map<string, DirectoryEntry>();
  let position = 0;
  for (let index = 0; index < end.entries; index += 1) {
    const { entry, next } = readEntry(file, view, position);
    if (entries.has(entry.name)) {
      throw zipFault(file.path, `two entries ${JSON.stringify(entry.name)}`, "each name once");
    }
    entries.set(entry.name, entry);
    position = next;
  }
  if (position !== end.size) {
    throw zipFault(
      file.path,
      `${end.size - position} bytes after the last entry of the directory`,
      "none, or a larger number of entries",
    );
  }
  return [...entries.values()].sort((left, right) => left.headerOffset - right.headerOffset);
}

function readEntry(
  file: RepositoryFile,
  view: ZipView,
  position: number,
): { readonly entry: DirectoryEntry; readonly next: number } {
  const available = view.bytes.length - position;
  if (available < headerBytes || view.uint32(position) !== signature) {
    throw zipFault(file.path, `no entry at byte ${position} of the directory`, "the next of its entries");
  }
  const nameBytes = view.uint16(position + 28);
  const extraBytes = view.uint16(position + 30);
  const length = headerBytes + nameBytes + extraBytes + view.uint16(position + 32);
  if (length > available) {
    throw zipFault(
      file.path,
      `an entry of ${length} bytes`,
      `at most the ${available} left in the directory`,
    );
  }
  const name = view.text(position + headerBytes, nameBytes);
  if (name === undefined) throw zipFault(file.path, "a name that is not UTF-8", "names in UTF-8");
  const subject = `${file.path}: ${JSON.stringify(name)}`;
  const numbers = resolveZip64Extra(view, position + headerBytes + nameBytes, extraBytes, [
    view.uint32(position + 24),
    view.uint32(position + 20),
    view.uint32(position + 42),
  ]);
  if (numbers === undefined) {
    throw zipFault(subject, "extra data that is malformed", `a zip64 field for numbers of ${inZip64Extra}`);
  }
  const [size, compressedSize, headerOffset] = numbers as readonly [number, number, number];
  const flags = view.uint16(position + 8);
  if ((flags & encryptionFlags) !== 0) throw zipFault(subject, "an encrypted entry", "a plain one");
  if (view.uint16(position + 34) !== 0) {
    throw zipFault(subject, "an entry in another part of the zip file", "a zip file in one part");
  }
  const method = view.uint16(position + 10);
  if (method === 0 && size !== compressedSize) {
    throw zipFault(
      subject,
      `${compressedSize} bytes stored for ${size}`,
      "the same, as it is not compressed",
    );
  }
  const checksum = view.uint32(position + 16);
  return {
    entry: { name, flags, method, checksum, size, compressedSize, headerOffset },
    next: position + length,
  };
}
