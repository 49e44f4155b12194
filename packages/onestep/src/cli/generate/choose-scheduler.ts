import { findSchedulerClass, type SchedulerClass, schedulerClasses } from "@onestep/schedulers";
import { nearestName } from "../arguments/nearest-name.ts";
import { UsageError } from "../arguments/usage-error.ts";

/** The scheduler that `--scheduler` names; `undefined` where it names none. @throws UsageError */
export function chooseScheduler(className: string | undefined): SchedulerClass | undefined {
  if (className === undefined) return undefined;
  const schedulerClass = findSchedulerClass(className);
  if (schedulerClass !== undefined) return schedulerClass;
  const names = schedulerClasses.map(({ className: name }) => name);
  const nearest = nearestName(className, names);
  const hint = nearest === undefined ? "" : ` Did you mean ${nearest}?`;
  throw new UsageError(
    `--scheduler: found ${JSON.stringify(className)}, expected one of ${names.join(", ")}.${hint}`,
  );
}
