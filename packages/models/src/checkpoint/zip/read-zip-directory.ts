import type { ReadOptions, RepositoryFile } from "@onestep/hub";
import { HeaderWindow } from "./header-window.ts";
import { readDirectoryEntries } from "./read-directory-entries.ts";
import { readZipEnd } from "./zip-end.ts";
import type { DirectoryEntry, ZipEntry } from "./zip-entry.ts";
import { zipFault } from "./zip-fault.ts";
import { ZipView } from "./zip-view.ts";
import { inZip64Extra, resolveZip64Extra } from "./zip64-extra.ts";

const signature = 0x04034b50;
const headerBytes = 30;
/** Flag: sizes and checksum follow the content, as they were unknown when the local header was written. */
const describedBehind = 0x8;

/**
 * Lists the entries of a zip file and their locations. Reads the directory and the local headers, not the contents.
 *
 * Every number is checked against the file, the local headers against the directory, and entries must neither
 * overlap nor extend past the file. Content checksums are not verified: torch can omit them.
 *
 * @returns The entries by name.
 * @throws CheckpointError if the file is not a complete and consistent zip file, or an entry is encrypted.
 */
export async function readZipDirectory(
  file: RepositoryFile,
  options: ReadOptions = {},
): Promise<ReadonlyMap<string, ZipEntry>> {
  const end = await readZipEnd(file, options);
  const window = new HeaderWindow(file, end.offset, options);
  const entries = new Map<string, ZipEntry>();
  let previousEnd = 0;
  for (const listed of await readDirectoryEntries(file, end, options)) {
    const subject = `${file.path}: ${JSON.stringify(listed.name)}`;
    if (listed.headerOffset < previousEnd) {
      throw zipFault(
        subject,
        `an entry at byte ${listed.headerOffset}, which overlaps the one before it`,
        `byte ${previousEnd} or later`,
      );
    }
    const offset = await findContent(window, listed, subject, end.offset);
    previousEnd = offset + listed.compressedSize;
    if (previousEnd > end.offset) {
      throw zipFault(
        subject,
        `content up to byte ${previousEnd}`,
        `at most ${end.offset}, where the directory begins`,
      );
    }
    const { name, compressedSize: length, method } = listed;
    entries.set(name, { name, offset, length, isStored: method === 0 });
  }
  return entries;
}

/** Position of an entry's content, after checking its local header. */
async function findContent(
  window: HeaderWindow,
  listed: DirectoryEntry,
  subject: string,
  limit: number,
): Promise<number> {
  const { headerOffset } = listed;
  const fixed = await window.read(headerOffset, headerBytes);
  if (fixed === undefined) {
    throw zipFault(subject, `a header at byte ${headerOffset}`, `one before byte ${limit}`);
  }
  const start = new ZipView(fixed);
  if (start.uint32(0) !== signature) {
    throw zipFault(subject, `no header at byte ${headerOffset}`, "one, where the directory says");
  }
  const nameBytes = start.uint16(26);
  const extraBytes = start.uint16(28);
  const length = headerBytes + nameBytes + extraBytes;
  const whole = await window.read(headerOffset, length);
  if (whole === undefined) {
    throw zipFault(subject, `a header of ${length} bytes at byte ${headerOffset}`, `its end before ${limit}`);
  }
  const header = new ZipView(whole);
  const name = header.text(headerBytes, nameBytes);
  const agrees =
    name === listed.name &&
    header.uint16(6) === listed.flags &&
    header.uint16(8) === listed.method &&
    sizesAgree(header, nameBytes, extraBytes, listed);
  if (!agrees) {
    throw zipFault(
      subject,
      `a header at byte ${headerOffset} that differs from the directory`,
      "the same name, flags, method and sizes in both",
    );
  }
  return headerOffset + length;
}

function sizesAgree(header: ZipView, nameBytes: number, extraBytes: number, listed: DirectoryEntry): boolean {
  const found = { checksum: header.uint32(14), compressedSize: header.uint32(18), size: header.uint32(22) };
  const isBehind = (listed.flags & describedBehind) !== 0;
  if (isBehind && found.checksum === 0 && found.compressedSize === 0 && found.size === 0) return true;
  const numbers = resolveZip64Extra(header, headerBytes + nameBytes, extraBytes, [
    found.size,
    found.compressedSize,
  ]);
  if (numbers === undefined) {
    return isBehind && found.size === inZip64Extra && found.compressedSize === inZip64Extra;
  }
  const isSame = numbers[0] === listed.size && numbers[1] === listed.compressedSize;
  const isUnknown = isBehind && numbers[0] === 0 && numbers[1] === 0;
  return isUnknown || (isSame && (isBehind || found.checksum === listed.checksum));
}
