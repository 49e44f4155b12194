import type { RetryOptions } from "@onestep/hub";
import type { PlannedFile } from "../plan/planned-file.ts";

/** The message that makes a process terminate its thread, and its answer afterwards. */
export const terminateThread = "terminate the thread";

/** What a process is asked to download, and how. */
export interface DownloadRequest {
  readonly endpoint: string;
  readonly id: string;
  readonly revision: string;
  readonly cacheDir: string;
  readonly token: string;
  /** Another caller's, who asks for the same at the same time in the same process. */
  readonly rivalToken?: string | undefined;
  readonly paths: readonly string[];
  /** All files side by side, or one after the other. */
  readonly atOnce: boolean;
  /** Whether the repository is listed first. */
  readonly lists: boolean;
  readonly localFilesOnly: boolean;
  /** Whether an older commit stays in use until all files are there. */
  readonly holdRevision: boolean;
  readonly retry: RetryOptions;
  /** Seconds to wait for a silent server. */
  readonly patience: number;
  /** Whether a thread of the process downloads, which can be terminated. */
  readonly inThread?: boolean | undefined;
  /** After how many milliseconds the caller loses interest. */
  readonly abortAfter?: number | undefined;
}

/** What a process is asked to upload, and how. */
export interface UploadRequest
  extends Pick<DownloadRequest, "endpoint" | "id" | "token" | "retry" | "patience" | "abortAfter"> {
  readonly files: readonly PlannedFile[];
}

/** How a download or an upload failed. */
export interface DownloadFailure {
  readonly name: string;
  readonly message: string;
  /**
   * - `typed`: an error of the package's, with what was found, what was expected and what to do.
   * - `aborted`: what the caller aborted with.
   * - `untyped`: anything else, which is a defect.
   */
  readonly kind: "typed" | "aborted" | "untyped";
}

/** What became of one file. */
export interface FileResult {
  readonly path: string;
  /** Of the bytes that the file gave; undefined where it failed. */
  readonly sha256?: string | undefined;
  /** Whether it was in the cache already. */
  readonly cached?: boolean | undefined;
  readonly failure?: DownloadFailure | undefined;
}

/** What became of a download, or of an upload. */
export interface DownloadResult {
  /** The commit of the files, or the new commit; undefined if there is none. */
  readonly commit?: string | undefined;
  readonly files: readonly FileResult[];
  /** Why the repository could not be opened, listed or changed. */
  readonly failure?: DownloadFailure | undefined;
  readonly warnings: readonly string[];
  /** What became of the other caller's download. */
  readonly rival?: Omit<DownloadResult, "warnings" | "rival"> | undefined;
}
