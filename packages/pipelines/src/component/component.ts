import { describeValue, InvalidArgumentError } from "@onestep/core";
import type { Scheduler } from "@onestep/schedulers";

const methods = ["setTimesteps", "scaleModelInput", "clone"] as const;

/**
 * Checks that something can sample, by its shape: an object of anybody's own can.
 *
 * @throws InvalidArgumentError where it cannot, a class in place of one of its objects above all.
 */
export function requireScheduler(scheduler: unknown): asserts scheduler is Scheduler {
  if (typeof scheduler === "object" && scheduler !== null) {
    const missing = methods.find((name) => typeof Reflect.get(scheduler, name) !== "function");
    const config: unknown = Reflect.get(scheduler, "config");
    if (missing === undefined && typeof config === "object" && config !== null) return;
  }
  const isClass = typeof scheduler === "function";
  throw new InvalidArgumentError({
    subject: "scheduler",
    found: describeValue(scheduler),
    expected: "a scheduler: an object with a config, and with setTimesteps, scaleModelInput, step and clone",
    remedy: isClass
      ? "Make one of the class: `pipe.scheduler = DDIMScheduler.fromConfig(pipe.scheduler.config)`."
      : "Pass one of @onestep/schedulers, or an object that implements `Scheduler`.",
  });
}
