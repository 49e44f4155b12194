import { InvalidArgumentError } from "@onestep/core";
import { platform } from "#platform";
import type { OpenRepositoryOptions, ReadOptions } from "../repository.ts";
import { resolveEndpoint } from "../settings.ts";
import { checkRepositoryPath, findPathFault, findRepositoryIdFault } from "../validators.ts";

/**
 * Puts files into a model's repository on the Hub, in one commit; the repository is created if it does not exist. Large
 * files are read piece by piece, first for their SHA-256 and then to be sent, and none that the Hub has already is sent
 * again. Either all of it is committed or nothing.
 *
 * @param repositoryId - `owner/name`; a name alone is of the one that the token belongs to.
 * @throws InvalidArgumentError where the id, a path or an option is wrong.
 * @throws MissingTokenError, InvalidTokenError, PermissionDeniedError where the token is missing, refused or may not.
 * @throws RepositoryNotFoundError, RevisionNotFoundError where the branch is not there.
 * @throws ConflictError where somebody else changes the repository; UploadRejectedError where the Hub does not take it.
 * @throws ConnectionError, ServerError where the Hub is out of reach or out of order; OfflineError where requests are not
 * allowed.
 * @throws UnsupportedError in a browser.
 */
export async function uploadFiles(
  repositoryId: string,
  files: readonly UploadFile[],
  options: UploadFilesOptions = {},
): Promise<UploadReport> {
  options.signal?.throwIfAborted();
  const { revision = "main" } = options;
  const idFault = findRepositoryIdFault(repositoryId);
  if (idFault !== undefined) throw invalid("repositoryId", repositoryId, idFault, '"owner/name"');
  const revisionFault = findPathFault(revision);
  if (revisionFault !== undefined) {
    throw invalid("option revision", revision, revisionFault, "the name of a branch");
  }
  checkPaths(files);
  const environment = options.environment ?? platform.readEnvironment();
  const endpoint = resolveEndpoint(options.endpoint, environment);
  return platform.uploadFiles({ id: repositoryId, revision, endpoint, environment }, files, options);
}

function checkPaths(files: readonly UploadFile[]): void {
  const paths = new Set<string>();
  for (const { path } of files) {
    if (paths.has(checkRepositoryPath(path))) {
      throw invalid("files", path, "is there twice", "one file for each path");
    }
    paths.add(path);
  }
  if (paths.size === 0) {
    throw new InvalidArgumentError({
      subject: "files",
      found: "none",
      expected: "at least one file",
      remedy: "Pass what is to be uploaded.",
    });
  }
}

function invalid(subject: string, found: string, fault: string, expected: string): InvalidArgumentError {
  return new InvalidArgumentError({
    subject,
    found: `${JSON.stringify(found)}, which ${fault}`,
    expected,
    remedy: "Correct it.",
  });
}

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

/** A file to be sent somewhere: its name, its length, and its bytes on demand. What `Repository.find` gives is one. */
export interface UploadFile {
  /** Relative path in the repository, with forward slashes. */
  readonly path: string;
  /** Length in bytes. */
  readonly size: number;
  /** Bytes `start` to `end` (exclusive). May be asked for more than once, and by parts in any order. */
  read(start: number, end: number, options?: Pick<ReadOptions, "signal">): Promise<Uint8Array>;
}

/** A small file for an upload, from text (as UTF-8) or bytes at hand. */
export function bytesFile(path: string, content: string | Uint8Array): UploadFile {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return { path, size: bytes.length, read: async (start, end) => bytes.slice(start, end) };
}

/** The same files in a folder of a repository; `""` is its root. */
export function moveFiles(files: readonly UploadFile[], subfolder: string): readonly UploadFile[] {
  if (subfolder === "") return files;
  return files.map((file) => ({
    path: `${subfolder}/${file.path}`,
    size: file.size,
    read: (start, end, options) => file.read(start, end, options),
  }));
}
