import {
  describeJson,
  InvalidConfigError,
  isJsonObject,
  type PythonJson,
  UnsupportedError,
} from "@onestep/core";
import {
  readSchedulerDocument,
  type SchedulerFromPretrainedOptions,
  type SchedulerSource,
} from "./config/read-scheduler-document.ts";
import type { Scheduler } from "./scheduler.ts";
import { findSchedulerClass, schedulerClasses } from "./scheduler-classes.ts";

/**
 * The scheduler that the content of a `scheduler_config.json` describes, of the class that it names.
 *
 * @param document - What `parsePythonJson` made of the file.
 * @param source - Names the file in messages.
 * @throws InvalidConfigError where the document is not an object, names no class, or a field is out of range.
 * @throws UnsupportedError where it names a class that this package does not have.
 */
export function schedulerFromJson(document: PythonJson, source: string): Scheduler {
  const className = isJsonObject(document) ? document["_class_name"] : undefined;
  const known = `one of ${schedulerClasses.map((schedulerClass) => schedulerClass.className).join(", ")}`;
  if (typeof className !== "string") {
    throw new InvalidConfigError({
      subject: source,
      found: isJsonObject(document)
        ? `_class_name ${describeJson(className ?? null)}`
        : describeJson(document),
      expected: `an object whose _class_name is ${known}`,
      remedy: "Check that the file is the scheduler_config.json of a scheduler.",
    });
  }
  const schedulerClass = findSchedulerClass(className);
  if (schedulerClass === undefined) {
    throw new UnsupportedError({
      subject: source,
      found: `_class_name ${JSON.stringify(className)}`,
      expected: known,
      remedy:
        "Pass a scheduler of your own, or load one of these from the same file with its `fromPretrained` where the" +
        " model goes with it.",
    });
  }
  return schedulerClass.fromJson(document, source);
}

/**
 * Loads the scheduler of a repository, of the class that it was saved by.
 *
 * @param source - A Hub id, a folder, a URL of a folder, or an open repository.
 * @throws SchedulerConfigNotFoundError where the repository has no `scheduler_config.json`.
 * @throws InvalidConfigError where that file is wrong.
 * @throws UnsupportedError where it names a class that this package does not have.
 */
export async function loadScheduler(
  source: SchedulerSource,
  options: SchedulerFromPretrainedOptions = {},
): Promise<Scheduler> {
  const { document, name } = await readSchedulerDocument(source, options);
  return schedulerFromJson(document, name);
}
