import { execFile } from "node:child_process";
import { mkdir, rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);
const diskBytes = 2 * 1024 * 1024;

/**
 * A disk that can be filled: a small in-memory file system if one can be mounted, which takes Linux and root; otherwise
 * a limit on the length of the files that the downloading process writes.
 */
export interface SmallDisk {
  readonly kind: "file system" | "file length";
  /** A folder for caches. */
  readonly folder: string;
  /** Leaves this much free space. @returns The limit for the process, if that is used. */
  fill(roomBytes: number): Promise<{ readonly fileBlocks?: number }>;
  /** Frees the space again. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** Makes a small disk in an empty folder. */
export async function makeSmallDisk(folder: string): Promise<SmallDisk> {
  await mkdir(folder, { recursive: true });
  const isMounted = await execute("mount", ["-t", "tmpfs", "-o", `size=${diskBytes}`, "tmpfs", folder]).then(
    () => true,
    () => false,
  );
  const ballast = join(folder, "ballast");
  return {
    kind: isMounted ? "file system" : "file length",
    folder,
    fill: async (roomBytes) => {
      if (!isMounted) return { fileBlocks: Math.ceil(roomBytes / 512) };
      const { bavail, bsize } = await statfs(folder);
      await writeFile(ballast, new Uint8Array(Math.max(0, bavail * bsize - roomBytes)));
      return {};
    },
    clear: () => rm(ballast, { force: true }),
    close: async () => {
      if (isMounted) await execute("umount", [folder]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
