import { access, constants, link, lstat, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FileWriteError } from "../errors.ts";
import { type FileToSave, requireDirectory, type SaveFilesOptions, type WriteFileOptions } from "./files.ts";
import {
  asideName,
  attempt,
  type FileTarget,
  makeFolder,
  requireContent,
  stageFile,
  toPath,
} from "./stage-file.node.ts";

/**
 * Writes a file atomically: under a temporary name next to its destination, flushed to disk, then renamed. An existing
 * file is replaced and keeps its permissions; a link is followed.
 *
 * @param path - A path or a `file:` URL. The folder must exist, unless `createFolder` is set.
 * @param content - Bytes, or a stream of chunks. Errors thrown by the stream are passed on.
 * @throws FileWriteError if the file cannot be written; the message says why.
 * @throws InvalidArgumentError if `path` is invalid.
 * @throws The signal's reason, if it is aborted.
 */
export async function writeFileAside(
  path: string | URL,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  options: WriteFileOptions = {},
): Promise<void> {
  options.signal?.throwIfAborted();
  requireContent(content);
  const target = await findTarget(toPath(path), options);
  const aside = await stageFile(target, content, options.signal);
  try {
    options.signal?.throwIfAborted();
    await attempt(target.path, () => rename(aside, target.path));
  } catch (error) {
    await rm(aside, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function findTarget(path: string, { createFolder }: WriteFileOptions): Promise<FileTarget> {
  if (createFolder === true) await attempt(path, () => makeFolder(dirname(path)));
  const resolved = await attempt(path, () => realpath(path).catch(ignoreMissing));
  if (resolved === undefined) return { path, mode: undefined };
  const status = await attempt(path, () => stat(resolved));
  if (!status.isFile()) {
    throw new FileWriteError({
      subject: path,
      found: status.isDirectory() ? "a folder" : "something that is not a file",
      expected: "a file, or nothing yet",
      remedy: "Choose another path.",
    });
  }
  await attempt(path, () => access(resolved, constants.W_OK));
  return { path: resolved, mode: status.mode & 0o777 };
}

/**
 * Writes files into a folder, all or none, creating the folder if needed: every file is written under a temporary name
 * and flushed to disk before the first is renamed.
 *
 * An existing file is replaced and keeps its permissions. A link is replaced too, and its target left unchanged, since
 * folders in the Hub's cache consist of links to content that must not change.
 *
 * @param directory - A path or a `file:` URL.
 * @throws FileWriteError if the folder or a file cannot be written; existing files are unchanged.
 * @throws InvalidArgumentError if `directory` is not a path.
 * @throws Errors from the source of a content, or the signal's reason.
 */
export async function saveFiles(
  directory: string | URL,
  files: readonly FileToSave[],
  options: SaveFilesOptions = {},
): Promise<void> {
  const { index, isObsolete = () => false, signal } = options;
  signal?.throwIfAborted();
  requireDirectory(directory);
  const folder = toPath(directory);
  const contents = files.map(({ content }) => toBytes(content));
  await attempt(folder, () => makeFolder(folder));
  const staged: StagedFile[] = [];
  try {
    for (const [position, { name }] of files.entries()) {
      const target = await findPlace(join(folder, name));
      const content = contents[position] as Uint8Array | AsyncIterable<Uint8Array>;
      staged.push({ path: target.path, aside: await stageFile(target, content, signal) });
    }
    signal?.throwIfAborted();
    const names = new Set(files.map(({ name }) => name));
    const entries = await attempt(folder, () => readdir(folder, { withFileTypes: true }));
    const obsolete = entries.filter(
      (entry) => !entry.isDirectory() && !names.has(entry.name) && isObsolete(entry.name),
    );
    await replaceFiles(staged, {
      indexPath: index === undefined ? undefined : join(folder, index),
      obsoletePaths: obsolete.map(({ name }) => join(folder, name)),
    });
  } finally {
    for (const { aside } of staged) await rm(aside, { force: true }).catch(() => undefined);
  }
}

/**
 * Writes a file into a folder, creating the folder if needed: {@link saveFiles} with one file.
 *
 * @param name - The file's name in the folder.
 * @param content - Text (written as UTF-8), bytes, or a stream of chunks.
 */
export async function saveFile(
  directory: string | URL,
  name: string,
  content: FileToSave["content"],
  options: Pick<SaveFilesOptions, "signal"> = {},
): Promise<void> {
  await saveFiles(directory, [{ name, content }], options);
}

function toBytes(content: FileToSave["content"]): Uint8Array | AsyncIterable<Uint8Array> {
  if (typeof content === "string") return new TextEncoder().encode(content);
  requireContent(content);
  return content;
}

async function findPlace(path: string): Promise<FileTarget> {
  const status = await attempt(path, () => lstat(path).catch(ignoreMissing));
  if (status === undefined || status.isSymbolicLink()) return { path, mode: undefined };
  if (status.isDirectory()) {
    throw new FileWriteError({
      subject: path,
      found: "a folder",
      expected: "a file, or nothing yet",
      remedy: "Choose another folder, or remove what stands there.",
    });
  }
  await attempt(path, () => access(path, constants.W_OK));
  return { path, mode: status.mode & 0o777 };
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

/** A temporary file ready to be renamed to its destination. */
export interface StagedFile {
  readonly aside: string;
  readonly path: string;
}

/** Options of {@link replaceFiles}. */
export interface ReplaceFilesOptions {
  /** The new path to remove first and put in place last. */
  readonly indexPath: string | undefined;
  /** Paths to remove once the new files are in place. */
  readonly obsoletePaths: readonly string[];
}

/**
 * Puts files in place by renaming them, all or none: if one fails, the earlier renames are rolled back and the old
 * files restored.
 *
 * @throws FileWriteError
 */
export async function replaceFiles(
  staged: readonly StagedFile[],
  { indexPath, obsoletePaths }: ReplaceFilesOptions,
): Promise<void> {
  const replacement = new Replacement();
  const isIndex = (file: StagedFile): boolean => file.path === indexPath;
  try {
    for (const { path } of staged.filter(isIndex)) await replacement.takeAway(path);
    for (const file of staged) if (!isIndex(file)) await replacement.put(file);
    for (const file of staged) if (isIndex(file)) await replacement.put(file);
    for (const path of obsoletePaths) await replacement.takeAway(path);
  } catch (error) {
    await replacement.undo();
    throw error;
  }
  await replacement.finish();
}

/** Renames that can be rolled back. */
class Replacement {
  readonly #steps: (() => Promise<void>)[] = [];
  readonly #backups: string[] = [];

  /** Renames the file at a path, if there is one. */
  async takeAway(path: string): Promise<void> {
    if (!(await isThere(path))) return;
    const backup = asideName(path);
    await attempt(path, () => rename(path, backup));
    this.#remember(backup, () => rename(backup, path));
  }

  /** Puts a file in place. An existing file is hard-linked to a second name first, so that the path always exists. */
  async put({ aside, path }: StagedFile): Promise<void> {
    if (!(await isThere(path))) {
      await attempt(path, () => rename(aside, path));
      this.#steps.push(() => rm(path, { force: true }));
      return;
    }
    const backup = asideName(path);
    // Some file systems have no hard links.
    await attempt(path, () => link(path, backup).catch(() => rename(path, backup)));
    this.#remember(backup, () => rename(backup, path));
    await attempt(path, () => rename(aside, path));
  }

  /** Takes everything back, the last step first. */
  async undo(): Promise<void> {
    for (const step of this.#steps.toReversed()) await step().catch(() => undefined);
    await this.finish();
  }

  /** Removes what was replaced. */
  async finish(): Promise<void> {
    for (const backup of this.#backups) await rm(backup, { force: true }).catch(() => undefined);
  }

  #remember(backup: string, putBack: () => Promise<void>): void {
    this.#backups.push(backup);
    this.#steps.push(putBack);
  }
}

/** Whether a path is a file or a link. Folders are not removed. */
async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    (status) => !status.isDirectory(),
    () => false,
  );
}
