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

/**
 * The scheduler that goes by this name in diffusers; `undefined` where this package has none of that name.
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
   * The class, as the `model_index.json` of a pipeline names it. It counts, as in diffusers, where the file names
   * another or none. By default the class is that of the file.
   */
  readonly className?: string | undefined;
}

/** Classes of diffusers with the config and the steps of one that is here; what they add is for other loops. */
const sameClasses: ReadonlyMap<string, string> = new Map([
  ["DDIMParallelScheduler", "DDIMScheduler"],
  ["DDPMParallelScheduler", "DDPMScheduler"],
]);

/**
 * The scheduler that the content of a `scheduler_config.json` describes, of the class that it names. diffusers'
 * parallel schedulers are loaded as those whose steps they take, with a warning.
 *
 * @param document - What `parsePythonJson` made of the file.
 * @param source - Names the file in messages.
 * @param givenClass - The class, where it is not for the file to say.
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
 * Loads the scheduler of a repository, of the class that it was saved by, or of `className`.
 *
 * @param source - A Hub id, a folder, a URL of a folder, or an open repository.
 * @throws InvalidArgumentError if an option is unknown.
 * @throws SchedulerConfigNotFoundError if the repository has no `scheduler_config.json`.
 * @throws InvalidConfigError if that file is wrong.
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
