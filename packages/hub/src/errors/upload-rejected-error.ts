import { HubError } from "./hub-error.ts";

/** The Hub does not take what was sent: the name of a repository, a file, a commit. The message says what it said. */
export class UploadRejectedError extends HubError {
  static override readonly code: string = "upload-rejected";
}
