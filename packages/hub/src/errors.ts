import { OnestepError, type OnestepErrorOptions, type Problem } from "@onestep/core";

/**
 * The base class of all errors about finding, downloading, storing, reading and uploading files.
 *
 * @example
 * try {
 *   await openRepository("owner/private");
 * } catch (error) {
 *   if (HubError.isInstance(error)) console.error(error.code); // "repository-not-found"
 *   else throw error;
 * }
 */
export class HubError extends OnestepError {
  static override readonly code: string = "hub";
}

/** The cache folder cannot be written: read-only, full, or not a folder. */
export class CacheWriteError extends HubError {
  static override readonly code: string = "cache-write";
}

/** There is not enough free space for a file. Nothing of it was downloaded. */
export class DiskSpaceError extends CacheWriteError {
  static override readonly code: string = "disk-space";

  /** How many bytes are missing from the download. */
  readonly neededBytes: number;

  /** How many bytes are free for this user. */
  readonly freeBytes: number;

  constructor(
    problem: Problem,
    options: OnestepErrorOptions & { readonly neededBytes: number; readonly freeBytes: number },
  ) {
    super(problem, options);
    this.neededBytes = options.neededBytes;
    this.freeBytes = options.freeBytes;
  }
}

/** Somebody else changed the repository at the same time. Nothing was committed. */
export class ConflictError extends HubError {
  static override readonly code: string = "conflict";
}

/** The server could not be reached, or stopped responding. `cause` is the error of the network layer. */
export class ConnectionError extends HubError {
  static override readonly code: string = "connection";

  /** Whether a retry may help: `"soon"`, `"perhaps"` if the server could not be reached at all, or `"never"`. */
  readonly retry: "soon" | "perhaps" | "never";

  constructor(
    problem: Problem,
    options: OnestepErrorOptions & { readonly retry?: "soon" | "perhaps" | "never" } = {},
  ) {
    super(problem, options);
    this.retry = options.retry ?? "soon";
  }
}

/** The repository has no file at that path. */
export class EntryNotFoundError extends HubError {
  static override readonly code: string = "entry-not-found";
}

/** A local file cannot be read, or was read as text and is not UTF-8. */
export class FileReadError extends HubError {
  static override readonly code: string = "file-read";
}

/** The repository exists, but you have to accept its licence before you can download its files. */
export class GatedRepositoryError extends HubError {
  static override readonly code: string = "gated-repository";
}

/** A file has the wrong length or checksum: in a download, in the cache, or in a commit. */
export class IntegrityError extends HubError {
  static override readonly code: string = "integrity";
}

/** The endpoint refused the access token. The message never repeats the token. */
export class InvalidTokenError extends HubError {
  static override readonly code: string = "invalid-token";
}

/** An upload or `whoAmI` needs an access token, and none is set. */
export class MissingTokenError extends HubError {
  static override readonly code: string = "missing-token";
}

/** A file or revision is not in the cache, and network requests are disabled. */
export class OfflineError extends HubError {
  static override readonly code: string = "offline";
}

/** The token is valid, but lacks the permission: it is read-only, or belongs to another user. */
export class PermissionDeniedError extends HubError {
  static override readonly code: string = "permission-denied";
}

/** There is no such repository, or it is private and the token sent (if any) does not open it. */
export class RepositoryNotFoundError extends HubError {
  static override readonly code: string = "repository-not-found";
}

/** The repository has no branch, tag or commit of that name. */
export class RevisionNotFoundError extends HubError {
  static override readonly code: string = "revision-not-found";
}

/** The server responded with something unusable: an internal error, too many requests, a malformed response. */
export class ServerError extends HubError {
  static override readonly code: string = "server";

  /** The HTTP status. */
  readonly status: number;

  /** Seconds to wait before a retry, if the server says so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    problem: Problem,
    options: OnestepErrorOptions & {
      readonly status: number;
      readonly retryAfterSeconds?: number | undefined;
    },
  ) {
    super(problem, options);
    this.status = options.status;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** A path leads out of the repository. Thrown before the disk or the network is accessed. */
export class UnsafePathError extends HubError {
  static override readonly code: string = "unsafe-path";
}

/** The Hub rejects the name of a repository, a file or a commit. The message includes its reason. */
export class UploadRejectedError extends HubError {
  static override readonly code: string = "upload-rejected";
}

/** Whether an error means that a server is unreachable or failing, and says nothing about the requested file. */
export function isOutage(error: unknown): error is ConnectionError | ServerError {
  if (ConnectionError.isInstance(error)) return true;
  return (
    ServerError.isInstance(error) && (error.status >= 500 || error.status === 408 || error.status === 429)
  );
}

/**
 * Whether a cached copy can be used in place of a failed request: the server is unreachable or failing, or the response
 * does not come from the server (a login page, a proxy), and the failure says nothing about the caller's access rights.
 */
export function leavesCopyInUse(error: unknown): error is ConnectionError | ServerError {
  return isOutage(error) || (ServerError.isInstance(error) && error.status !== 401 && error.status !== 403);
}
