import { type FakeCommit, makeCommit, type StoredFile } from "./fake-commit.ts";
import type { FakeHubOptions, FakeRepository } from "./fake-hub-options.ts";

/** A repository and its commits. */
export class HubStateRepository {
  readonly options: FakeRepository;
  readonly #commits: ReadonlyMap<string, FakeCommit>;

  constructor(options: FakeRepository) {
    this.options = options;
    const revisions = { main: options.files, ...options.revisions };
    this.#commits = new Map(Object.entries(revisions).map(([name, files]) => [name, makeCommit(files)]));
  }

  /** The commit of a branch, a tag or a commit hash of 7 or more digits. */
  commit(revision: string): FakeCommit | undefined {
    const named = this.#commits.get(revision);
    if (named !== undefined || !/^[0-9a-f]{7,40}$/.test(revision)) return named;
    return [...this.#commits.values()].find((commit) => commit.hash.startsWith(revision));
  }

  get files(): readonly StoredFile[] {
    return [...this.#commits.values()].flatMap((commit) => [...commit.files.values()]);
  }
}

/** What a fake Hub knows. */
export interface HubState {
  readonly options: FakeHubOptions;
  readonly repositories: ReadonlyMap<string, HubStateRepository>;
  readonly tokens: ReadonlySet<string>;
  /** Contents by SHA-256. */
  readonly contents: ReadonlyMap<string, StoredFile>;
  readonly hubEndpoint: string;
  readonly cdnEndpoint: string;
}

/** Reads the options. */
export function makeHubState(
  options: FakeHubOptions,
  endpoints: { readonly hubEndpoint: string; readonly cdnEndpoint: string },
): HubState {
  const repositories = new Map(
    Object.entries(options.repositories).map(([id, repository]) => [id, new HubStateRepository(repository)]),
  );
  const secrets = Object.values(options.repositories).flatMap(({ privateToken, gatedToken }) =>
    [privateToken, gatedToken].filter((token) => token !== undefined),
  );
  const files = [...repositories.values()].flatMap((repository) => repository.files);
  return {
    options,
    repositories,
    tokens: new Set([...secrets, ...(options.tokens ?? [])]),
    contents: new Map(files.map((file) => [file.sha256, file])),
    ...endpoints,
  };
}
