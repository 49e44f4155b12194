import { InvalidArgumentError, type PythonJson } from "@onestep/core";
import { describeValue, readConfigRecord } from "@onestep/core/internal";
import { formatConfig, parsePythonJson, saveFile } from "@onestep/core/internal/files";
import { type OptionNames, pickOptions, requireKnownOptions } from "@onestep/core/internal/known-options";
import type {
  OpenRepositoryOptions,
  PushComponentOptions,
  Repository,
  RepositoryLocation,
  UploadFile,
  UploadReport,
} from "@onestep/hub";
import { SchedulerConfigNotFoundError } from "../errors.ts";
import { schedulerConfigName } from "../scheduler.ts";

/** Far larger than any scheduler configuration. */
const maximumBytes = 1_048_576;

/** The source of a scheduler: a Hub id, a folder, a URL, local files, or a repository that is already open. */
export type SchedulerSource = RepositoryLocation | Repository;

/**
 * Options of a scheduler's `fromPretrained`. All but `subfolder` and `signal` only apply if the source has to be
 * opened.
 */
export interface SchedulerFromPretrainedOptions extends OpenRepositoryOptions {
  /**
   * The folder of the repository that holds `scheduler_config.json`; `"scheduler"` by default, as saved by pipelines.
   * If the folder has no such file, the root of the repository is searched; `""` searches only the root.
   */
  readonly subfolder?: string | undefined;
}

// Not from the hub: a scheduler whose repository is open already does without that package.
const optionNames: OptionNames<SchedulerFromPretrainedOptions> = {
  revision: true,
  cacheDir: true,
  token: true,
  endpoint: true,
  localFilesOnly: true,
  holdRevision: true,
  retry: true,
  fetch: true,
  environment: true,
  onProgress: true,
  signal: true,
  subfolder: true,
};

/** The content of a scheduler's configuration file. */
export interface SchedulerDocument {
  readonly document: PythonJson;
  /** The repository and the path within it, for error messages. */
  readonly name: string;
}

/**
 * Finds and reads a scheduler's configuration.
 *
 * @param subject - The method called by the user, for error messages.
 * @throws SchedulerConfigNotFoundError if the repository has none.
 * @throws InvalidConfigError if the file is not JSON.
 * @throws InvalidArgumentError if an option is unknown, or `subfolder` is not a folder within the repository.
 */
export async function readSchedulerDocument(
  source: SchedulerSource,
  options: SchedulerFromPretrainedOptions,
  subject: string,
): Promise<SchedulerDocument> {
  requireKnownOptions(subject, options, optionNames);
  const { subfolder = "scheduler", signal, onProgress } = options;
  const paths = listCandidatePaths(subfolder);
  const repository = await open(source, options);
  for (const path of paths) {
    const file = await repository.find(path, { signal, onProgress });
    if (file === undefined) continue;
    const name = `${repository.name}: ${path}`;
    return { document: parsePythonJson(await file.text({ signal, onProgress, maximumBytes }), name), name };
  }
  throw new SchedulerConfigNotFoundError({
    subject: repository.name,
    found: `no file named ${schedulerConfigName}`,
    expected: paths.join(" or "),
    remedy: "Check the name and the revision, or pass the folder of the file as `subfolder`.",
  });
}

function listCandidatePaths(subfolder: string): string[] {
  const folder = String(subfolder).replace(/\/$/, "");
  if (folder === "") return [schedulerConfigName];
  const isWithin = folder.split("/").every((part) => !["", ".", ".."].includes(part));
  if (!isWithin || /[\\:\0]/.test(folder)) {
    throw new InvalidArgumentError({
      subject: "subfolder",
      found: describeValue(subfolder),
      expected: "a folder within the repository, with forward slashes",
      remedy: 'Pass a relative path such as "scheduler".',
    });
  }
  return [`${folder}/${schedulerConfigName}`, schedulerConfigName];
}

async function open(source: SchedulerSource, options: OpenRepositoryOptions): Promise<Repository> {
  if (typeof source === "object" && "commit" in source) return source;
  // Loaded on first use, so that browser bundles with only schedulers do not include it.
  const { openRepository, openRepositoryOptionNames } = await import("@onestep/hub");
  return openRepository(source, pickOptions<OpenRepositoryOptions>(options, openRepositoryOptionNames));
}

/**
 * Writes a scheduler's config into a folder, byte for byte like diffusers' `save_pretrained`. Creates the folder if
 * needed.
 *
 * @param directory - A path or a `file:` URL.
 * @throws FileWriteError if `directory` is a file, or cannot be written to.
 * @throws InvalidArgumentError if `directory` is not a path.
 * @throws UnsupportedError in a browser.
 */
export async function saveSchedulerConfig(config: object, directory: string | URL): Promise<void> {
  await saveFile(directory, schedulerConfigName, formatConfig(config));
}

/** The file of a scheduler's config, byte for byte as written by `savePretrained`. */
export async function listSchedulerFiles(config: object): Promise<readonly UploadFile[]> {
  const text = formatConfig(config);
  // Loaded on first use, so that browser bundles with only schedulers do not include it.
  const { bytesFile } = await import("@onestep/hub");
  return [bytesFile(schedulerConfigName, text)];
}

/**
 * Uploads a scheduler's config to the Hub, byte for byte as written by `savePretrained`.
 *
 * @throws The errors of `uploadFiles` of `@onestep/hub`.
 */
export async function pushSchedulerConfig(
  config: object,
  repositoryId: string,
  options: PushComponentOptions,
): Promise<UploadReport> {
  const { pushComponent, pushOptionNames } = await import("@onestep/hub");
  const className = readConfigRecord(config)?.className ?? "Scheduler";
  requireKnownOptions(`${className}.pushToHub`, options, { ...pushOptionNames, subfolder: true });
  const files = await listSchedulerFiles(config);
  return pushComponent(repositoryId, { className, files }, options);
}
