import { InvalidArgumentError } from "@onestep/core";
import { type OptionNames, requireKnownOptions } from "@onestep/core/internal/known-options";
import type { ReadOptions, Repository, RepositoryFile } from "./repository.ts";

/** Options of {@link getFiles}. */
export interface GetFilesOptions extends ReadOptions {
  /** How many files to download at once, from 1 to 32. 4 by default. */
  readonly maxWorkers?: number | undefined;
}

const optionNames: OptionNames<GetFilesOptions> = { maxWorkers: true, onProgress: true, signal: true };
const defaultWorkers = 4;
const mostWorkers = 32;

/**
 * Gets several files of a repository, some of them concurrently. If one fails, the other downloads stop; a later call
 * resumes them.
 *
 * @returns The files in the order of their paths.
 * @throws The error of the first file that fails; see `Repository.get`.
 * @throws InvalidArgumentError if an option is unknown, or `maxWorkers` is not a whole number from 1 to 32.
 *
 * @example
 * const repository = await openRepository("openai/diffusers-cd_imagenet64_l2");
 * const files = await getFiles(repository, ["model_index.json", "unet/config.json"]);
 */
export async function getFiles(
  repository: Repository,
  paths: readonly string[],
  options: GetFilesOptions = {},
): Promise<readonly RepositoryFile[]> {
  requireKnownOptions("getFiles", options, optionNames);
  const { maxWorkers = defaultWorkers, signal, onProgress } = options;
  if (!Number.isInteger(maxWorkers) || maxWorkers < 1 || maxWorkers > mostWorkers) {
    throw new InvalidArgumentError({
      subject: "maxWorkers",
      found: String(maxWorkers),
      expected: `an integer from 1 to ${mostWorkers}`,
      remedy: "Choose another number, or leave it out.",
    });
  }
  const failure = new AbortController();
  const either = signal === undefined ? failure.signal : AbortSignal.any([signal, failure.signal]);
  const files = new Map<string, RepositoryFile>();
  const queue = new Set(paths).values();
  const workers = Array.from({ length: maxWorkers }, async () => {
    for (const path of queue) files.set(path, await repository.get(path, { signal: either, onProgress }));
  });
  try {
    await Promise.all(workers);
  } catch (error) {
    failure.abort(error);
    // No download continues after the call has ended.
    await Promise.allSettled(workers);
    throw error;
  }
  return paths.map((path) => files.get(path) as RepositoryFile);
}
