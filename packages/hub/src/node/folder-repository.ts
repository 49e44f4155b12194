import { join } from "node:path";
import { getEntry } from "../file/get-entry.ts";
import { reportCachedFile } from "../file/report-cached-file.ts";
import type { ReadOptions, Repository, RepositoryFile } from "../repository.ts";
import { checkRepositoryPath, findPathFault } from "../source/repository-path.ts";
import { listFolder } from "./list-folder.ts";
import { openDiskFile } from "./open-disk-file.ts";

/** A repository that is a folder on disk, such as `savePretrained` and `save_pretrained` write. */
export class FolderRepository implements Repository {
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
