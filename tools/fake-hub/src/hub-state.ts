import { type FakeCommit, makeCommit, type StoredFile } from "./fake-commit.ts";
import type { FakeAccount, FakeFiles, FakeHubOptions, FakeRepository } from "./fake-hub-options.ts";

/** A repository and its commits. */
export class HubStateRepository {
  readonly options: FakeRepository;
  readonly #commits: Map<string, FakeCommit>;
  readonly #messages = new Map<string, string>();

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

  /** Moves a branch to a new commit. */
  addCommit(revision: string, files: FakeFiles, message: string): FakeCommit {
    const commit = makeCommit(files);
    this.#commits.set(revision, commit);
    this.#messages.set(revision, message);
    return commit;
  }

  /** The message of the commit that was uploaded to a branch last. */
  message(revision: string): string | undefined {
    return this.#messages.get(revision);
  }

  /** The name of the next pull request's reference. */
  nextPullRequest(): string {
    let number = 1;
    while (this.#commits.has(`refs/pr/${number}`)) number += 1;
    return `refs/pr/${number}`;
  }

  get files(): readonly StoredFile[] {
    return [...this.#commits.values()].flatMap((commit) => [...commit.files.values()]);
  }
}

/** What a fake Hub knows. */
export interface HubState {
  readonly options: FakeHubOptions;
  readonly repositories: Map<string, HubStateRepository>;
  readonly tokens: ReadonlySet<string>;
  readonly accounts: ReadonlyMap<string, FakeAccount>;
  /** Contents by SHA-256. */
  readonly contents: Map<string, StoredFile>;
  /** Large files that were uploaded, by SHA-256. */
  readonly uploads: Map<string, Uint8Array>;
  /** Parts of large files that were uploaded, by SHA-256 and number of the part. */
  readonly parts: Map<string, Uint8Array>;
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
    tokens: new Set([...secrets, ...(options.tokens ?? []), ...Object.keys(options.accounts ?? {})]),
    accounts: new Map(Object.entries(options.accounts ?? {})),
    contents: new Map(files.map((file) => [file.sha256, file])),
    uploads: new Map(),
    parts: new Map(),
    ...endpoints,
  };
}
