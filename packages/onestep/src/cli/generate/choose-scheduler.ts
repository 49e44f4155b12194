import { nearestName } from "@onestep/core/nearest-name";
import { type SchedulerClass, schedulerClasses } from "@onestep/schedulers";
import { UsageError } from "../arguments/usage-error.ts";

/**
 * The scheduler that `--scheduler` names, as diffusers does or in short: `EulerDiscreteScheduler`, `euler-discrete`;
 * `undefined` where it names none.
 *
 * @throws UsageError
 */
export function chooseScheduler(name: string | undefined): SchedulerClass | undefined {
  if (name === undefined) return undefined;
  const byShortName = new Map(schedulerClasses.map((one) => [shorten(one.className), one]));
  const schedulerClass = byShortName.get(shorten(name));
  if (schedulerClass !== undefined) return schedulerClass;
  const names = schedulerClasses.map(({ className }) => className);
  const nearShortName = nearestName(shorten(name), byShortName.keys());
  const nearest = nearestName(name, names) ?? byShortName.get(nearShortName ?? "")?.className;
  const hint = nearest === undefined ? "" : ` Did you mean ${nearest}?`;
  throw new UsageError(
    `--scheduler: found ${JSON.stringify(name)}, expected one of ${names.join(", ")}.${hint}`,
  );
}

/** `euler-discrete`, `Euler_Discrete` and `EulerDiscreteScheduler` are `eulerdiscrete`. */
function shorten(name: string): string {
  return name
    .replaceAll(/[-_]/g, "")
    .toLowerCase()
    .replace(/scheduler$/, "");
}
