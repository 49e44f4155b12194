import { access, constants, open, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FileWriteError, type PngText, type RasterImage } from "@onestep/core";

/** The names of `count` files: `a.png` for one, `a-0.png`, `a-1.png`, … for more. */
export function nameFiles(file: string, count: number): readonly string[] {
  if (count === 1) return [file];
  const stem = file.slice(0, -".png".length);
  const ending = file.slice(-".png".length);
  return Array.from({ length: count }, (_, index) => `${stem}-${index}${ending}`);
}

/**
 * The default output names: from `onestep.png`, or the first of `onestep-2.png`, `onestep-3.png`, … that would not
 * replace a file.
 *
 * @param folder - The output folder; the current one by default.
 */
export async function nameFilesByDefault(count: number, folder: string = ""): Promise<readonly string[]> {
  for (let attempt = 1; ; attempt++) {
    const files = nameFiles(join(folder, attempt === 1 ? "onestep.png" : `onestep-${attempt}.png`), count);
    const taken = await Promise.all(files.map(isThere));
    if (!taken.includes(true)) return files;
  }
}

/** Options of {@link savePictures}. */
export interface SaveOptions {
  readonly signal: AbortSignal;
  /** Texts to write into the files, by keyword. */
  readonly texts?: readonly PngText[];
}

/**
 * Saves pictures under the given name or the default names.
 *
 * @returns The files.
 * @throws FileWriteError if a file cannot be written.
 */
export async function savePictures(
  pictures: readonly RasterImage[],
  out: string | undefined,
  { signal, texts = [] }: SaveOptions,
): Promise<readonly string[]> {
  const save = (index: number, file: string): Promise<void> =>
    (pictures[index] as RasterImage).save(file, { text: texts[index] });
  if (out !== undefined) {
    const files = nameFiles(out, pictures.length);
    for (const [index, file] of files.entries()) {
      signal.throwIfAborted();
      await save(index, file);
    }
    return files;
  }
  const files = await reserveFiles(pictures.length);
  const saved = new Set<string>();
  try {
    for (const [index, file] of files.entries()) {
      signal.throwIfAborted();
      await save(index, file);
      saved.add(file);
    }
  } catch (error) {
    for (const file of files) if (!saved.has(file)) await rm(file, { force: true }).catch(() => undefined);
    throw error;
  }
  return files;
}

/**
 * Reserves the names given by {@link nameFilesByDefault} with empty files, so that no other command takes them
 * meanwhile.
 *
 * @param folder - The output folder; the current one by default.
 */
export async function reserveFiles(count: number, folder: string = ""): Promise<readonly string[]> {
  for (;;) {
    const files = await nameFilesByDefault(count, folder);
    const reserved: string[] = [];
    try {
      for (const file of files) {
        await (await open(file, "wx")).close();
        reserved.push(file);
      }
      return files;
    } catch (error) {
      for (const file of reserved) await rm(file, { force: true });
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw toWriteError(files[0] ?? "", error);
    }
  }
}

function toWriteError(file: string, cause: unknown): FileWriteError {
  const problem = {
    subject: file,
    found: `a file that cannot be made (${cause instanceof Error ? cause.message : typeof cause})`,
    expected: "a folder that you may write to",
    remedy: "Choose another path with --out.",
  };
  return new FileWriteError(problem, { cause });
}

/**
 * Checks that the results of a command can be saved, before anything is fetched; see {@link checkWritable}.
 *
 * @param count - Number of images.
 */
export async function checkOutput(
  { out, gridColumns }: { readonly out: string | undefined; readonly gridColumns: number | undefined },
  count: number,
): Promise<void> {
  const files = gridColumns === undefined ? count : 1;
  await checkWritable(out === undefined ? await nameFilesByDefault(files) : nameFiles(out, files));
}

/**
 * Checks that files can be written, before spending time on images.
 *
 * @throws FileWriteError if the folder is missing or may not be written to, or a folder has that name.
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
