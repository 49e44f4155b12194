import { OnestepError } from "@onestep/core";

/** A repository holds no `scheduler_config.json` where it was looked for. */
export class SchedulerConfigNotFoundError extends OnestepError {
  static override readonly code: string = "scheduler-config-not-found";
}
