import { ContentFolder } from "./content-folder.ts";
import type { PrivateFolder } from "./private-folder.ts";

/** A content in the browser's storage, whole or not. */
export interface StoredContent {
  /** Its name among contents. */
  readonly name: string;
  readonly isWhole: boolean;
  /** Length of what is there, in bytes. */
  readonly size: number;
  /** When it was last written, in milliseconds since 1970. */
  readonly lastWritten: number;
}

/** The contents in a folder of contents, by name. */
export async function readContents(folder: PrivateFolder): Promise<ReadonlyMap<string, StoredContent>> {
  const contents = new Map<string, StoredContent>();
  for (const { name } of await folder.entries()) contents.set(name, await readContent(folder, name));
  return contents;
}

async function readContent(folder: PrivateFolder, name: string): Promise<StoredContent> {
  const content = new ContentFolder(folder.folder(name));
  const pieces = await content.pieces();
  const wholeSize = await content.wholeSize();
  return {
    name,
    isWhole: wholeSize !== undefined,
    size: pieces.reduce((sum, piece) => sum + piece.size, 0),
    lastWritten: pieces.reduce((latest, piece) => Math.max(latest, piece.lastModified), 0),
  };
}

/** The sum of the lengths of contents. */
export function totalBytes(contents: Iterable<StoredContent>): number {
  return [...contents].reduce((sum, { size }) => sum + size, 0);
}
