import { OnestepError } from "@onestep/core";

/** The queue server cannot be reached, or refuses. The operation may have happened, and is safe to repeat. */
export class QueueUnavailableError extends OnestepError {
  static override readonly code: string = "queue-unavailable";
}

/** There is no job of that id, or its outcome has expired. */
export class UnknownJobError extends OnestepError {
  static override readonly code: string = "unknown-job";
}

/** Something could not be read from, or written to, the storage: a full disk, missing permissions. */
export class StorageError extends OnestepError {
  static override readonly code: string = "storage";
}

/** The folder is in use by another process. */
export class StorageInUseError extends StorageError {
  static override readonly code: string = "storage-in-use";
}

/** An image that a job needs is not in the storage. */
export class InputMissingError extends StorageError {
  static override readonly code: string = "input-missing";
}

/** A model that is to be served cannot be. */
export class ServeModelError extends OnestepError {
  static override readonly code: string = "serve-model";
}
