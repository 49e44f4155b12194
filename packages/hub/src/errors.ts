import { OnestepError, type OnestepErrorOptions, type Problem } from "@onestep/core";

/** The base of everything that can go wrong while files are found, fetched, stored or read. */
export class HubError extends OnestepError {
  static override readonly code: string = "hub";
}

/** The cache folder cannot be written: read-only, full, or not a folder. */
export class CacheWriteError extends HubError {
  static override readonly code: string = "cache-write";
}

/** There is not enough room for a file. Nothing of it was fetched. */
export class DiskSpaceError extends CacheWriteError {
  static override readonly code: string = "disk-space";

  /** How many bytes are still to come. */
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

/** The repository was changed by somebody else at the same time. Nothing was committed. */
export class ConflictError extends HubError {
  static override readonly code: string = "conflict";
}

/** The server could not be reached, or stopped answering. `cause` holds what the network layer said. */
export class ConnectionError extends HubError {
  static override readonly code: string = "connection";

  /** What asking again may help with: `"soon"`, `"perhaps"` where there was no way to the server at all, or `"never"`. */
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

/** A file that is on disk cannot be read, or is not text where text was asked for. */
export class FileReadError extends HubError {
  static override readonly code: string = "file-read";
}

/** The repository exists, but its licence has to be accepted before its files can be fetched. */
export class GatedRepositoryError extends HubError {
  static override readonly code: string = "gated-repository";
}

/** Bytes that arrived, or that are on disk, are not the expected ones. */
export class IntegrityError extends HubError {
  static override readonly code: string = "integrity";
}

/** The endpoint refused the access token. The message never repeats the token. */
export class InvalidTokenError extends HubError {
  static override readonly code: string = "invalid-token";
}

/** Something was to be written to the Hub, and there is no access token. */
export class MissingTokenError extends HubError {
  static override readonly code: string = "missing-token";
}

/** A file or revision is not in the cache, and requests are not allowed. */
export class OfflineError extends HubError {
  static override readonly code: string = "offline";
}

/** The token is valid and may not do this: it can only read, or the owner is somebody else. */
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

  /** How long the server asks to wait, in seconds, where it says so. */
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

/** A path in a repository that would lead out of it. Refused before the disk or the network is touched. */
export class UnsafePathError extends HubError {
  static override readonly code: string = "unsafe-path";
}

/** The Hub does not take what was sent: the name of a repository, a file, a commit. The message says what it said. */
export class UploadRejectedError extends HubError {
  static override readonly code: string = "upload-rejected";
}

/** Whether an error says that a server is out of reach or out of order, and nothing about what was asked for. */
export function isOutage(error: unknown): error is ConnectionError | ServerError {
  if (ConnectionError.isInstance(error)) return true;
  return (
    ServerError.isInstance(error) && (error.status >= 500 || error.status === 408 || error.status === 429)
  );
}

/**
 * Whether a copy in the cache serves as well as what could not be had: the server is out of reach or out of order, or
 * what answers is not the server (a page that asks for a login, a proxy), and nothing was said about the caller's rights.
 */
export function leavesCopyInUse(error: unknown): error is ConnectionError | ServerError {
  return isOutage(error) || (ServerError.isInstance(error) && error.status !== 401 && error.status !== 403);
}
