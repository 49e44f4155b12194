import type { Config, ConfigFields, ConfigSchema, ConfigValues, PythonJson } from "@onestep/core";
import type { PushComponentOptions, UploadFile, UploadReport } from "@onestep/hub";
import type { SchedulerFromPretrainedOptions, SchedulerSource } from "./config/files.ts";
import type { ConfigOptions } from "./config/schema.ts";
import type { NoiseProcess } from "./noise-process.ts";

/** A class that {@link SchedulerBase} makes schedulers of. */
export interface SchedulerBaseClass<Fields extends ConfigFields, Instance> {
  new (options: ConfigOptions<ConfigValues<Fields>>): Instance;
  /** The fields of its config. */
  readonly schema: ConfigSchema<Fields>;
}

/** What diffusers' schedulers share: a config, and the ways to make a scheduler of one and to save it. */
export abstract class SchedulerBase<Values extends object> {
  readonly config: Config<Values>;
  /** The noise process that it undoes. */
  abstract readonly noiseProcess: NoiseProcess;

  /** @param config - Made by the schema of the class. */
  protected constructor(config: Config<Values>) {
    this.config = config;
  }

  /**
   * A scheduler with the config of another, of this class or another. What was set there and fits here is taken over;
   * what does not fit is kept for the way back.
   *
   * @param config - The `config` of a scheduler, or the content of a `scheduler_config.json`.
   * @param options - Fields that replace those of `config`.
   * @throws InvalidArgumentError where an option is unknown or out of range.
   * @throws InvalidConfigError where a field of the file's content is, or fields contradict each other.
   */
  static fromConfig<Fields extends ConfigFields, Instance>(
    this: SchedulerBaseClass<Fields, Instance>,
    config: object,
    options: ConfigOptions<ConfigValues<Fields>> = {},
  ): Instance {
    return new this(this.schema.fromConfig(config, options));
  }

  /**
   * A scheduler from the content of a `scheduler_config.json`, whichever class saved it. Entries that are not fields
   * are kept for saving.
   *
   * @param source - Names the file in messages.
   * @throws InvalidConfigError where the document is not an object, a field is out of range, or fields contradict
   * each other.
   */
  static fromJson<Fields extends ConfigFields, Instance>(
    this: SchedulerBaseClass<Fields, Instance>,
    document: PythonJson,
    source: string,
  ): Instance {
    return new this(this.schema.fromJson(document, source));
  }

  /**
   * Loads the scheduler of a repository, whichever class saved it.
   *
   * @param source - A Hub id, a folder, a URL of a folder, or an open repository.
   * @throws SchedulerConfigNotFoundError where the repository has no `scheduler_config.json`.
   * @throws InvalidConfigError where that file is wrong.
   */
  static async fromPretrained<Fields extends ConfigFields, Instance>(
    this: SchedulerBaseClass<Fields, Instance>,
    source: SchedulerSource,
    options: SchedulerFromPretrainedOptions = {},
  ): Promise<Instance> {
    const { readSchedulerDocument } = await import("./config/scheduler-files.ts");
    const { document, name } = await readSchedulerDocument(source, options);
    return new this(this.schema.fromJson(document, name));
  }

  /**
   * Writes `scheduler_config.json` into a folder, byte for byte as diffusers does. The folder is made where there is
   * none.
   *
   * @throws FileWriteError where `directory` is a file, or cannot be written to; UnsupportedError in a browser.
   */
  async savePretrained(directory: string | URL): Promise<void> {
    const { saveSchedulerConfig } = await import("./config/scheduler-files.ts");
    await saveSchedulerConfig(this.config, directory);
  }

  /** The file that `savePretrained` writes, without writing it. */
  async listFiles(): Promise<readonly UploadFile[]> {
    const { listSchedulerFiles } = await import("./config/scheduler-files.ts");
    return listSchedulerFiles(this.config);
  }

  /**
   * Uploads `scheduler_config.json` to a repository of the Hub, which is made where there is none; diffusers'
   * `push_to_hub`.
   *
   * @param repositoryId - `owner/name`; a name alone is of the one that the token belongs to.
   * @throws InvalidArgumentError where the id or an option is wrong.
   * @throws HubError where the Hub cannot be reached, or does not take it; see `uploadFiles` of `@onestep/hub`.
   * @throws UnsupportedError in a browser.
   */
  async pushToHub(repositoryId: string, options: PushComponentOptions = {}): Promise<UploadReport> {
    const { pushSchedulerConfig } = await import("./config/scheduler-files.ts");
    return pushSchedulerConfig(this.config, repositoryId, options);
  }
}
