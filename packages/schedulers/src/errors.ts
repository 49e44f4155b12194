import { OnestepError } from "@onestep/core";

/** Thrown if a repository has no `scheduler_config.json` in the searched locations. */
export class SchedulerConfigNotFoundError extends OnestepError {
  static override readonly code: string = "scheduler-config-not-found";
}
