import { constants, type FileHandle, link, open, rename, unlink } from "node:fs/promises";
import { OnestepError } from "@onestep/core";
import { errorCode, errorMessage } from "@onestep/core/internal";
import { StorageError } from "../errors.ts";

const chunkBytes = 2 ** 18;

/** Opens a file for reading, but no symbolic link; undefined if nothing is there. */
export async function openEntry(location: string): Promise<FileHandle | undefined> {
  try {
    // O_NONBLOCK: opening a pipe would wait for its writer.
    return await open(
      location,
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    );
  } catch (error) {
    if (errorCode(error) === "ELOOP") throw linkError(location);
    return ignoreMissing(error);
  }
}

/** Writes a new file and flushes it to the disk. Of one that cannot be written, nothing is left. */
export async function writeNewFile(
  location: string,
  data: Uint8Array | ReadableStream<Uint8Array>,
): Promise<void> {
  const isBytes = data instanceof Uint8Array;
  const file = await attempt("write", location, () => open(location, "wx")).catch(async (error: unknown) => {
    if (!isBytes) await data.cancel(error).catch(() => {});
    throw error;
  });
  try {
    // An error of the data itself is not one of the storage.
    for await (const chunk of isBytes ? [data] : data) {
      await attempt("write", location, () => file.writeFile(chunk));
    }
    await attempt("write", location, () => file.sync());
    await file.close();
  } catch (error) {
    await file.close().catch(() => {});
    await unlink(location).catch(() => {});
    throw error;
  }
}

/** Gives a file a second name unless that is taken, which is an `EEXIST`. */
export async function linkFile(aside: string, location: string): Promise<void> {
  try {
    await link(aside, location);
  } catch (error) {
    // exFAT and some network drives have no hard links.
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].includes(errorCode(error) ?? "")) throw error;
    const taken = await open(location, "r").catch(ignoreMissing);
    await taken?.close();
    if (taken !== undefined) throw Object.assign(new Error("EEXIST"), { code: "EEXIST" });
    await rename(aside, location);
  }
}

/** Flushes the names in a folder to the disk. Windows has no such thing. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const file = await open(folder, "r");
  try {
    await file.sync();
  } catch (error) {
    if (!["EINVAL", "ENOTSUP", "EISDIR"].includes(errorCode(error) ?? "")) throw error;
  } finally {
    await file.close();
  }
}

/**
 * The time by the clock of the file system, in milliseconds since 1970.
 *
 * @param location - Where to write a file that tells.
 */
export async function readClock(location: string): Promise<number> {
  return await attempt("write", location, async () => {
    const file = await open(location, "wx");
    try {
      await file.writeFile("now");
      return (await file.stat()).mtimeMs;
    } finally {
      await file.close();
      await unlink(location).catch(() => {});
    }
  });
}

/** The rest of an open file, which is closed at its end. */
export function streamFile(file: FileHandle, location: string): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream(
    {
      async pull(controller) {
        const buffer = new Uint8Array(chunkBytes);
        try {
          const { bytesRead } = await file.read(buffer, 0, chunkBytes, null);
          if (bytesRead > 0) return controller.enqueue(buffer.subarray(0, bytesRead));
          await file.close();
          controller.close();
        } catch (error) {
          await file.close().catch(() => {});
          throw toStorageError("read", location, error);
        }
      },
      async cancel() {
        await file.close();
      },
    },
    { highWaterMark: 0 },
  );
}

const causes: Readonly<Record<string, readonly [found: string, remedy: string]>> = {
  ENOSPC: ["no space left on the device", "Free some space, or store somewhere else."],
  EDQUOT: ["the disk quota is used up", "Free some space, or store somewhere else."],
  EACCES: ["permission denied", "Grant this user read and write access."],
  EPERM: ["operation not permitted", "Grant this user read and write access."],
  EROFS: ["a read-only file system", "Store somewhere else."],
  EMFILE: ["too many open files", "Raise the limit of open files (ulimit -n)."],
  ENOTDIR: ["a file where a folder should be", "Move the file away."],
  EISDIR: ["a folder where a file should be", "Move the folder away."],
};

/** Runs an operation of the file system. @throws StorageError if it fails. */
export async function attempt<Result>(
  action: string,
  path: string,
  run: () => Promise<Result>,
): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    throw toStorageError(action, path, error);
  }
}

/** Converts an error of the operating system. Others are returned unchanged. */
export function toStorageError(action: string, path: string, error: unknown): unknown {
  const code = errorCode(error);
  if (code === undefined || OnestepError.isInstance(error)) return error;
  const [found, remedy] = causes[code] ?? [errorMessage(error), "Check the disk and its mount."];
  return new StorageError(
    {
      subject: path,
      found: `${found} (${code})`,
      expected: `a place that this process can ${action}`,
      remedy,
      summary: `Cannot ${action} ${path}: ${found} (${code}).`,
    },
    { cause: error },
  );
}

/** The error for a symbolic link inside a storage. */
export function linkError(path: string): StorageError {
  return new StorageError({
    subject: path,
    found: "a symbolic link",
    expected: "plain files and folders inside the storage",
    remedy: "Replace the link, or open the storage at the link's target.",
  });
}

/** Throws an error again, unless it says that nothing is there. */
export function ignoreMissing(error: unknown): undefined {
  if (errorCode(error) !== "ENOENT" && errorCode(error) !== "ENOTDIR") throw error;
}
