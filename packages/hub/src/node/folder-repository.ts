import { readdir, realpath, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { InvalidArgumentError } from "@onestep/core";
import { isUrl } from "@onestep/core/internal";
import { RepositoryNotFoundError } from "../errors.ts";
import type { ReadOptions, Repository, RepositoryFile } from "../repository.ts";
import { getEntry, reportCachedFile } from "../repository-file.ts";
import { fileInPlaceOfFolder } from "../source.ts";
import { checkRepositoryPath, findPathFault } from "../validators.ts";
import { openDiskFile } from "./disk-file.ts";
import { isNotThere, toFileReadError } from "./system-error.ts";

/** A repository that is a folder on disk, such as `savePretrained` and `save_pretrained` write. */
class FolderRepository implements Repository {
  readonly name: string;
  readonly commit: undefined;
  readonly #folder: string;

  /** @param folder - Absolute. @param name - As the caller wrote it. */
  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.name = name;
  }

  async list(options: ReadOptions = {}): Promise<readonly string[]> {
    const paths = await listFolder(this.#folder, options.signal);
    return paths.filter((path) => findPathFault(path) === undefined);
  }

  async sizeOf(path: string, options: ReadOptions = {}): Promise<number | undefined> {
    return (await this.find(path, { signal: options.signal }))?.size;
  }

  async find(path: string, options: ReadOptions = {}): Promise<RepositoryFile | undefined> {
    checkRepositoryPath(path);
    options.signal?.throwIfAborted();
    const file = await openDiskFile(path, join(this.#folder, ...path.split("/")));
    options.signal?.throwIfAborted();
    if (file !== undefined) reportCachedFile(file, options);
    return file;
  }

  get(path: string, options: ReadOptions = {}): Promise<RepositoryFile> {
    return getEntry(this, path, options);
  }
}

/**
 * Opens a folder as a repository.
 *
 * @throws InvalidArgumentError if it is a file.
 * @throws RepositoryNotFoundError if there is nothing.
 */
export async function openFolder(folder: string | URL): Promise<Repository> {
  const path = resolve(isUrl(folder) ? toPath(folder) : folder);
  const kind = await entryKind(path);
  if (kind === "a folder") return new FolderRepository(path, String(folder));
  if (kind === "a file") throw fileInPlaceOfFolder(String(folder), "a file");
  throw new RepositoryNotFoundError({
    subject: String(folder),
    found: kind,
    expected: "a folder with the files of a model",
    remedy: "Check the path.",
  });
}

function toPath(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new InvalidArgumentError(
      {
        subject: "source of the repository",
        found: url.href,
        expected: "a file: URL of a folder on this machine",
        remedy: "Write it as file:///folder/of/the/model.",
      },
      { cause },
    );
  }
}

/** What exists at a path. */
export async function entryKind(path: string): Promise<"a folder" | "a file" | "nothing"> {
  try {
    return (await stat(path)).isDirectory() ? "a folder" : "a file";
  } catch (error) {
    if (isNotThere(error)) return "nothing";
    throw toFileReadError(path, error);
  }
}

/** Folders that tools keep next to a model: git's, and the records that huggingface_hub writes for `local_dir`. */
const toolFolders = new Set([".git", ".cache"]);

/**
 * The paths of all files below a folder, relative, with forward slashes, sorted. Symbolic links are followed, a loop
 * of them once; broken links and the folders `.git` and `.cache` at the top are left out.
 *
 * @throws FileReadError if a folder cannot be read.
 */
async function listFolder(folder: string, signal?: AbortSignal): Promise<readonly string[]> {
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

/** The result of `read`; `undefined` if nothing exists there (any more). */
async function attempt<Result>(path: string, read: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isNotThere(error)) return undefined;
    throw toFileReadError(path, error);
  }
}
