import { OnestepError } from "@onestep/core";

/** A weights file is damaged, lies about itself, or is of a kind that is not read. */
export class CheckpointError extends OnestepError {
  static override readonly code: string = "invalid-checkpoint";
}
