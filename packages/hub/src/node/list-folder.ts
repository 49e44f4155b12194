import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { isNotThere } from "./system-error.ts";
import { toFileReadError } from "./to-file-read-error.ts";

/** Folders that tools keep beside a model: git's, and the notes that huggingface_hub writes for `local_dir`. */
const toolFolders = new Set([".git", ".cache"]);

/**
 * The paths of all files below a folder, relative, with forward slashes, sorted. Symbolic links are followed, a loop
 * of them once; links that lead nowhere and the folders `.git` and `.cache` at the top are left out.
 *
 * @throws FileReadError where a folder cannot be read.
 */
export async function listFolder(folder: string, signal?: AbortSignal): Promise<readonly string[]> {
  const paths: string[] = [];
  await collect(folder, "", new Set(), paths, signal);
  return paths.sort();
}

async function collect(
  folder: string,
  prefix: string,
  ancestors: ReadonlySet<string>,
  paths: string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const place = await attempt(folder, () => realpath(folder));
  if (place === undefined || ancestors.has(place)) return;
  const entries = (await attempt(folder, () => readdir(folder, { withFileTypes: true }))) ?? [];
  for (const entry of entries) {
    signal?.throwIfAborted();
    if (prefix === "" && toolFolders.has(entry.name)) continue;
    const location = join(folder, entry.name);
    const status = entry.isSymbolicLink() ? await attempt(location, () => stat(location)) : entry;
    if (status?.isFile()) paths.push(prefix + entry.name);
    if (status?.isDirectory()) {
      await collect(location, `${prefix}${entry.name}/`, new Set([...ancestors, place]), paths, signal);
    }
  }
}

/** What `read` gives; `undefined` where nothing is there (any more). */
async function attempt<Result>(path: string, read: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isNotThere(error)) return undefined;
    throw toFileReadError(path, error);
  }
}
