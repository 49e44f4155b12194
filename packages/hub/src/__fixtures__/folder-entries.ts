import { readdir, readlink } from "node:fs/promises";
import { join, relative } from "node:path";

/** All files and links below a folder, sorted: `path`, or `path -> target`. */
export async function folderEntries(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const lines = entries
    .filter((entry) => !entry.isDirectory())
    .map(async (entry) => {
      const location = join(entry.parentPath, entry.name);
      const path = relative(folder, location);
      return entry.isSymbolicLink() ? `${path} -> ${await readlink(location)}` : path;
    });
  return (await Promise.all(lines)).sort();
}
