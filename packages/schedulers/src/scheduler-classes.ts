import type { ConfigFields, ConfigSchema, PythonJson } from "@onestep/core";
import type { SchedulerFromPretrainedOptions, SchedulerSource } from "./config/read-scheduler-document.ts";
import type { Scheduler } from "./scheduler.ts";
import * as schedulers from "./schedulers.ts";

/** The static side of a scheduler that can be made from a file. */
export interface SchedulerClass {
  /** The name of the class in files: that of diffusers, where it has one. */
  readonly className: string;
  /** The names of the classes that its config can be given to, its own among them. */
  readonly compatibles: readonly string[];
  /** The fields of its config. */
  readonly schema: ConfigSchema<ConfigFields>;
  /** A scheduler with the config of another, of this class or another. */
  fromConfig(config: object): Scheduler;
  /** A scheduler from the content of a `scheduler_config.json`. `source` names the file in messages. */
  fromJson(document: PythonJson, source: string): Scheduler;
  /** Loads the scheduler of a repository. */
  fromPretrained(source: SchedulerSource, options?: SchedulerFromPretrainedOptions): Promise<Scheduler>;
}

/** The schedulers that this package has, in the order of their names. */
export const schedulerClasses: readonly SchedulerClass[] = Object.freeze(
  Object.values<SchedulerClass>(schedulers).sort((left, right) =>
    left.className < right.className ? -1 : 1,
  ),
);

/** The scheduler that goes by this name in diffusers; `undefined` where this package has none of that name. */
export function findSchedulerClass(className: string): SchedulerClass | undefined {
  return schedulerClasses.find((schedulerClass) => schedulerClass.className === className);
}
