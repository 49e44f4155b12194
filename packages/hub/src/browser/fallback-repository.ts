import { warn } from "@onestep/core";
import { CacheWriteError } from "../errors/cache-write-error.ts";
import { getEntry } from "../file/get-entry.ts";
import type { ReadOptions, Repository, RepositoryFile } from "../repository.ts";

/**
 * A repository in a cache that may be full: a file that does not fit, or that the browser does not let the page store,
 * is read in place by range requests, with a warning.
 */
export class FallbackRepository implements Repository {
  readonly name: string;
  readonly commit: string | undefined;
  readonly #cached: Repository;
  readonly #inPlace: Repository;
  readonly #unstored = new Set<string>();

  /** @param cached - Where files come from as long as they fit. @param inPlace - The same, without a cache. */
  constructor(cached: Repository, inPlace: Repository) {
    this.#cached = cached;
    this.#inPlace = inPlace;
    this.name = cached.name;
    this.commit = cached.commit;
  }

  list(options: ReadOptions = {}): Promise<readonly string[] | undefined> {
    return this.#cached.list(options);
  }

  async find(path: string, options: ReadOptions = {}): Promise<RepositoryFile | undefined> {
    if (!this.#unstored.has(path)) {
      try {
        return await this.#cached.find(path, options);
      } catch (error) {
        if (!CacheWriteError.isInstance(error)) throw error;
        warn(`${path} of ${this.name} is read in place, and not kept. ${error.message}`);
        this.#unstored.add(path);
      }
    }
    return this.#inPlace.find(path, options);
  }

  get(path: string, options: ReadOptions = {}): Promise<RepositoryFile> {
    return getEntry(this, path, options);
  }

  async settle(): Promise<void> {
    await this.#cached.settle?.();
  }
}
