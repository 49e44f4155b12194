import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isNotThere } from "../system-error.ts";
import { toFileReadError } from "../to-file-read-error.ts";

/** An entry of a folder. */
export interface FolderEntry {
  /** Relative to the folder that was read, with forward slashes. */
  readonly path: string;
  readonly location: string;
  readonly kind: "file" | "folder" | "link" | "other";
}

/** The entries of a folder, sorted; none where it does not exist. Links are not followed. @throws FileReadError */
export async function readFolder(folder: string): Promise<readonly FolderEntry[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .map((entry): FolderEntry => {
        const kind = entry.isSymbolicLink()
          ? "link"
          : entry.isDirectory()
            ? "folder"
            : entry.isFile()
              ? "file"
              : "other";
        return { path: entry.name, location: join(folder, entry.name), kind };
      })
      .sort((first, second) => (first.path < second.path ? -1 : 1));
  } catch (error) {
    if (isNotThere(error)) return [];
    throw toFileReadError(folder, error);
  }
}

/** Like {@link readFolder}, for the files and links of all folders below as well; folders themselves are left out. */
export async function readFolderDeep(folder: string, prefix = ""): Promise<readonly FolderEntry[]> {
  const found: FolderEntry[] = [];
  for (const entry of await readFolder(folder)) {
    if (entry.kind === "folder")
      found.push(...(await readFolderDeep(entry.location, `${prefix}${entry.path}/`)));
    else found.push({ ...entry, path: prefix + entry.path });
  }
  return found;
}
