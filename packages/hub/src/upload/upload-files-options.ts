import type { OpenRepositoryOptions } from "../repository.ts";
import type { UploadFile } from "./upload-file.ts";

/** How files get into a repository, whichever they are. */
export interface PushOptions
  extends Pick<
    OpenRepositoryOptions,
    "token" | "endpoint" | "retry" | "fetch" | "environment" | "signal" | "onProgress"
  > {
  /** The branch to commit to; `"main"` by default. It has to be there. */
  readonly revision?: string | undefined;
  /**
   * Whether the repository is private, where it is made now; by default as its owner's settings say, which mostly means
   * public. One that is there stays as it is.
   */
  readonly private?: boolean | undefined;
  /** The first line of the commit's message. */
  readonly commitMessage?: string | undefined;
  /** What the commit's message says after the first line. */
  readonly commitDescription?: string | undefined;
  /** Opens a pull request instead of changing the branch; `false` by default. */
  readonly createPr?: boolean | undefined;
}

/** Options of `uploadFiles`. */
export interface UploadFilesOptions extends PushOptions {
  /**
   * Which files that the branch has are removed by the same commit, where no file of that name is uploaded. None by
   * default.
   */
  readonly isObsolete?: ((path: string) => boolean) | undefined;
  /** More files, for those paths at which the branch has none. None by default. */
  readonly filesIfAbsent?: ((repositoryId: string) => readonly UploadFile[]) | undefined;
}

/** What an upload has made. */
export interface UploadReport {
  /** The repository with its owner: `owner/name`. */
  readonly repositoryId: string;
  /** The new commit. */
  readonly commit: string;
  /** The commit's page. */
  readonly url: string;
  /** The pull request's page; `undefined` where the branch was changed. */
  readonly pullRequestUrl: string | undefined;
}
