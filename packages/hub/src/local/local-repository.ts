import { BlobFile } from "../file/blob-file.ts";
import { getEntry } from "../file/get-entry.ts";
import { reportCachedFile } from "../file/report-cached-file.ts";
import type { ReadOptions, Repository, RepositoryFile } from "../repository.ts";
import { checkRepositoryPath } from "../source/repository-path.ts";
import type { LocalFolder } from "./local-files.ts";

/** A repository of files at hand. */
export class LocalRepository implements Repository {
  readonly name: string;
  readonly commit: undefined;
  readonly #folder: LocalFolder;

  constructor(folder: LocalFolder) {
    this.name = folder.name;
    this.#folder = folder;
  }

  async list(options: ReadOptions = {}): Promise<readonly string[]> {
    options.signal?.throwIfAborted();
    return (await this.#folder.list(options.signal)).toSorted();
  }

  async find(path: string, options: ReadOptions = {}): Promise<RepositoryFile | undefined> {
    checkRepositoryPath(path);
    options.signal?.throwIfAborted();
    const blob = await this.#folder.find(path);
    options.signal?.throwIfAborted();
    if (blob === undefined) return undefined;
    const file = new BlobFile(path, blob);
    reportCachedFile(file, options);
    return file;
  }

  get(path: string, options: ReadOptions = {}): Promise<RepositoryFile> {
    return getEntry(this, path, options);
  }
}
