import { access, constants, lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { FileWriteError } from "../errors/file-write-error.ts";
import { makeFolder } from "./make-folder.node.ts";
import { replaceFiles, type StagedFile } from "./replace-files.node.ts";
import { requireDirectory } from "./require-directory.ts";
import type { FileToSave, SaveFilesOptions } from "./save-files-options.ts";
import { attempt, type FileTarget, requireContent, stageFile } from "./stage-file.node.ts";
import { toPath } from "./to-path.node.ts";

/**
 * Writes files into a folder, which is made where it is not there, so that all of them are there as a whole or none is:
 * all are written aside and flushed to the disk before the first is renamed to its place.
 *
 * A file that stood there is replaced and keeps its permissions. A link is replaced too and what it leads to stays as it
 * is, since a folder of the Hub's cache is made of links to contents that must not change.
 *
 * @param directory - A path or a `file:` URL.
 * @throws FileWriteError where folder or file cannot be written; what stood there is as it was.
 * @throws InvalidArgumentError where `directory` is no path.
 * @throws What the source of a content throws, or the signal's reason.
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
