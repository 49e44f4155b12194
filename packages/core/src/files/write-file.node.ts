import { access, constants, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { FileWriteError } from "../errors/file-write-error.ts";
import { makeFolder } from "./make-folder.node.ts";
import { attempt, type FileTarget, requireContent, stageFile } from "./stage-file.node.ts";
import { toPath } from "./to-path.node.ts";
import type { WriteFileOptions } from "./write-file-options.ts";

/**
 * Writes a file so that it is there as a whole or not at all: under another name beside its place, flushed to the disk,
 * then renamed. A file that stood there is replaced and keeps its permissions; a link is followed.
 *
 * @param path - A path or a `file:` URL. The folder must exist, unless `createFolder` is set.
 * @param content - All bytes, or pieces as they come. What the pieces' source throws is thrown on.
 * @throws FileWriteError where the file cannot be written; the message says why.
 * @throws InvalidArgumentError where `path` is none.
 * @throws The signal's reason, where it is aborted.
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

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
