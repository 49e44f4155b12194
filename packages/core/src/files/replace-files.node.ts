import { link, lstat, rename, rm } from "node:fs/promises";
import { asideName, attempt } from "./stage-file.node.ts";

/** A file that lies ready beside its place. */
export interface StagedFile {
  readonly aside: string;
  readonly path: string;
}

/** What {@link replaceFiles} does besides putting files in place. */
export interface ReplaceFilesOptions {
  /** The path among the new ones that is taken away first and put in place last. */
  readonly indexPath: string | undefined;
  /** The paths that go once the new files are in place. */
  readonly obsoletePaths: readonly string[];
}

/**
 * Puts files in place by renaming them, all or none: where one cannot be put there, those before it are taken back and
 * what stood there returns.
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

/** Renames that can be taken back. */
class Replacement {
  readonly #steps: (() => Promise<void>)[] = [];
  readonly #backups: string[] = [];

  /** Renames what stands at a path, where something does. */
  async takeAway(path: string): Promise<void> {
    if (!(await isThere(path))) return;
    const backup = asideName(path);
    await attempt(path, () => rename(path, backup));
    this.#remember(backup, () => rename(backup, path));
  }

  /** Puts a file in place. What stands there gets a second name first, so that the place is never empty. */
  async put({ aside, path }: StagedFile): Promise<void> {
    if (!(await isThere(path))) {
      await attempt(path, () => rename(aside, path));
      this.#steps.push(() => rm(path, { force: true }));
      return;
    }
    const backup = asideName(path);
    // Some file systems know no second names.
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

/** Whether a file is at a path, or a link. A folder is not taken away. */
async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    (status) => !status.isDirectory(),
    () => false,
  );
}
