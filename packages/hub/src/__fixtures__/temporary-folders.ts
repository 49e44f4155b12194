import { mkdtemp, readdir, readlink, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach } from "vitest";

/**
 * Returns a function that makes temporary folders and removes them after each test. Call it at the top of a test file.
 */
export function temporaryFolders(): () => Promise<string> {
  const folders: string[] = [];
  afterEach(async () => {
    await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
  });
  return async () => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), "onestep-hub-")));
    folders.push(folder);
    return folder;
  };
}

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
