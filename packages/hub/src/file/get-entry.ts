import { EntryNotFoundError } from "../errors/entry-not-found-error.ts";
import type { ReadOptions, Repository, RepositoryFile } from "../repository.ts";

/** What `get` does in every repository: `find`, or an error that tells what is there instead. */
export async function getEntry(
  repository: Repository,
  path: string,
  options: ReadOptions = {},
): Promise<RepositoryFile> {
  const file = await repository.find(path, options);
  if (file !== undefined) return file;
  const revision = repository.commit === undefined ? "" : ` at commit ${repository.commit}`;
  throw new EntryNotFoundError({
    subject: `${path} in ${repository.name}${revision}`,
    found: "nothing",
    expected: "a file",
    remedy: "Check the path, the subfolder and the revision.",
  });
}
