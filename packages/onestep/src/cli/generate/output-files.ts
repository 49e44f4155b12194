import { access, constants, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FileWriteError } from "@onestep/core";

/** The names of `count` files: `a.png` for one, `a-0.png`, `a-1.png`, … for more. */
export function nameFiles(file: string, count: number): readonly string[] {
  if (count === 1) return [file];
  const stem = file.slice(0, -".png".length);
  const ending = file.slice(-".png".length);
  return Array.from({ length: count }, (_, index) => `${stem}-${index}${ending}`);
}

/**
 * The names to save under where none was given: from `onestep.png`, or the first of `onestep-2.png`, `onestep-3.png`, …
 * under which no file would be replaced.
 *
 * @param folder - Where the files will be; the current folder by default.
 */
export async function nameFilesByDefault(count: number, folder: string = ""): Promise<readonly string[]> {
  for (let attempt = 1; ; attempt++) {
    const files = nameFiles(join(folder, attempt === 1 ? "onestep.png" : `onestep-${attempt}.png`), count);
    const taken = await Promise.all(files.map(isThere));
    if (!taken.includes(true)) return files;
  }
}

/**
 * Checks that files can be written, before the time that the images take is spent.
 *
 * @throws FileWriteError where the folder is missing or may not be written to, or a folder has the name.
 */
export async function checkWritable(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const folder = dirname(file);
    if (!(await isFolder(folder))) {
      throw new FileWriteError({
        subject: file,
        found: `no folder ${folder}`,
        expected: "a folder that exists",
        remedy: "Make the folder first, or correct the path.",
      });
    }
    if (await isFolder(file)) {
      throw new FileWriteError({
        subject: file,
        found: "a folder",
        expected: "a file, or nothing yet",
        remedy: "Choose another path.",
      });
    }
    try {
      await access(folder, constants.W_OK);
    } catch (cause) {
      throw new FileWriteError(
        {
          subject: file,
          found: "no permission to write there",
          expected: "a folder that you may write to",
          remedy: "Change the permissions, or choose another path.",
        },
        { cause },
      );
    }
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );
}
