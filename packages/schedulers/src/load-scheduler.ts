import {
  type ConfigFields,
  type ConfigSchema,
  InvalidConfigError,
  type PythonJson,
  UnsupportedError,
} from "@onestep/core";
import { describeJson, isJsonObject, warn } from "@onestep/core/internal";
import {
  readSchedulerDocument,
  type SchedulerFromPretrainedOptions,
  type SchedulerSource,
} from "./config/files.ts";
import type { Scheduler } from "./scheduler.ts";
import * as schedulers from "./schedulers.ts";

/** The static side of a scheduler class that can be loaded from a file. */
export interface SchedulerClass {
  /** The class name used in files: diffusers' name, if diffusers has the class. */
  readonly className: string;
  /** The names of the classes that accept its config, including itself. */
  readonly compatibles: readonly string[];
  /** The fields of its config. */
  readonly schema: ConfigSchema<ConfigFields>;
  /** Creates a scheduler from the config of another scheduler, of the same class or a different one. */
  fromConfig(config: object): Scheduler;
  /** Creates a scheduler from the content of a `scheduler_config.json`. `source` is the file name in error messages. */
  fromJson(document: PythonJson, source: string): Scheduler;
  /** Loads the scheduler of a repository. */
  fromPretrained(source: SchedulerSource, options?: SchedulerFromPretrainedOptions): Promise<Scheduler>;
}

/** The schedulers of this package, sorted by name. */
export const schedulerClasses: readonly SchedulerClass[] = Object.freeze(
  Object.values<SchedulerClass>(schedulers).sort((left, right) =>
    left.className < right.className ? -1 : 1,
  ),
);

/**
 * The scheduler with this diffusers name; `undefined` if this package has none.
 *
 * @example
 * const scheduler = findSchedulerClass("DDIMScheduler")?.fromConfig(pipe.scheduler.config);
 */
export function findSchedulerClass(className: string): SchedulerClass | undefined {
  return schedulerClasses.find((schedulerClass) => schedulerClass.className === className);
}

/** Options of {@link loadScheduler}. */
export interface LoadSchedulerOptions extends SchedulerFromPretrainedOptions {
  /**
   * The class, as named in the pipeline's `model_index.json`. As in diffusers, it takes precedence over the class in
   * the file. By default, the file's class is used.
   */
  readonly className?: string | undefined;
}

/** diffusers classes with the same config and steps as a class in this package; their additions are for other loops. */
const sameClasses: ReadonlyMap<string, string> = new Map([
  ["DDIMParallelScheduler", "DDIMScheduler"],
  ["DDPMParallelScheduler", "DDPMScheduler"],
]);

/**
 * Creates the scheduler described by the content of a `scheduler_config.json`, of the class named there. diffusers'
 * parallel schedulers are loaded as their equivalents in this package, with a warning.
 *
 * @param document - The file, parsed with `parsePythonJson`.
 * @param source - The name of the file in error messages.
 * @param givenClass - Overrides the class named in the file.
 * @throws InvalidConfigError if the document is not an object, names no class, or a field is out of range.
 * @throws UnsupportedError if it names a class that this package does not have.
 *
 * @example
 * const scheduler = schedulerFromJson({ _class_name: "DDIMScheduler" }, "scheduler_config.json");
 */
export function schedulerFromJson(document: PythonJson, source: string, givenClass?: string): Scheduler {
  const className = isJsonObject(document) ? (givenClass ?? document["_class_name"]) : undefined;
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
  const sameClass = sameClasses.get(className);
  const schedulerClass = findSchedulerClass(sameClass ?? className);
  if (schedulerClass === undefined) {
    throw new UnsupportedError({
      subject: source,
      found:
        givenClass === undefined
          ? `_class_name ${JSON.stringify(className)}`
          : `${className} as the class of it`,
      expected: known,
      remedy:
        "Load one of these from the same file with its `fromPretrained`, where the model goes with it, and pass it as" +
        " `scheduler`.",
    });
  }
  if (sameClass !== undefined) {
    warn(
      `${source}: a ${className} is loaded as a ${sameClass}, which has the same config and takes the same steps.`,
      "component",
    );
  }
  return schedulerClass.fromJson(document, source);
}

/**
 * Loads the scheduler of a repository, of the class that saved it, or of `className`.
 *
 * @param source - A Hub id, a folder, a folder URL, or an open repository.
 * @throws InvalidArgumentError if an option is unknown.
 * @throws SchedulerConfigNotFoundError if the repository has no `scheduler_config.json`.
 * @throws InvalidConfigError if that file is invalid.
 * @throws UnsupportedError if it names a class that this package does not have.
 *
 * @example
 * pipe.scheduler = await loadScheduler("google/ddpm-cat-256");
 */
export async function loadScheduler(
  source: SchedulerSource,
  { className, ...options }: LoadSchedulerOptions = {},
): Promise<Scheduler> {
  const { document, name } = await readSchedulerDocument(source, options, "loadScheduler");
  return schedulerFromJson(document, name, className);
}
