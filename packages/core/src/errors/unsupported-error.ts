import { OnestepError } from "./onestep-error.ts";

/** Something valid that this version, or this platform, does not do. */
export class UnsupportedError extends OnestepError {
  static override readonly code: string = "unsupported";
}
