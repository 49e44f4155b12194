import type { Config, ConfigFields, ConfigSchema, ConfigValues, PythonJson, Tensor } from "@onestep/core";
import type { PushComponentOptions, UploadFile, UploadReport } from "@onestep/hub";
import { findTimestepIndex } from "./checks.ts";
import { compatiblesOf } from "./config/compatibles.ts";
import type { SchedulerFromPretrainedOptions, SchedulerSource } from "./config/files.ts";
import type { ConfigOptions } from "./config/schema.ts";
import { addNoise } from "./noise.ts";
import type { NoiseProcess } from "./noise-process.ts";
import { ScheduleRun } from "./schedule-run.ts";
import type { StepOptions } from "./scheduler.ts";
import { allTimesteps } from "./timesteps.ts";

/** A class derived from {@link SchedulerBase}. */
export interface SchedulerBaseClass<Fields extends ConfigFields, Instance> {
  new (options: ConfigOptions<ConfigValues<Fields>>): Instance;
  /** The fields of its config. */
  readonly schema: ConfigSchema<Fields>;
}

/**
 * The base of all schedulers: the config with the methods to load and save it, and the state of a run. Subclasses add
 * `schema`, `setTimesteps` and `step`.
 */
export abstract class SchedulerBase<Values extends { readonly numTrainTimesteps: number }> {
  /** The fields of the config. */
  declare static readonly schema: ConfigSchema<ConfigFields>;

  readonly config: Config<Values>;
  /** The noise process that the scheduler reverses. */
  abstract readonly noiseProcess: NoiseProcess;
  readonly order: number = 1;
  /** The name of the class, for messages. */
  protected readonly className: string;
  /** The current run. */
  protected run: ScheduleRun;

  /**
   * @param options - Config fields; omitted ones have their defaults.
   * @throws InvalidArgumentError if an option is unknown or out of range.
   * @throws InvalidConfigError if options contradict each other.
   */
  constructor(options: ConfigOptions<Values> = {}) {
    const { schema } = new.target;
    this.className = schema.className;
    this.config = schema.fromConfig(options) as Config<object> as Config<Values>;
    this.run = new ScheduleRun(this.className, allTimesteps(this.config.numTrainTimesteps));
  }

  /** The class name used in files: diffusers' name, if diffusers has the class. */
  static get className(): string {
    return this.schema.className;
  }

  /** The names of the classes that accept its config, including itself. */
  static get compatibles(): readonly string[] {
    return compatiblesOf(this.schema.className);
  }

  /**
   * Creates a scheduler from the config of another scheduler, of the same class or a different one. Values that were
   * set there and fit here are used; the rest is kept so that it can be restored when converting back.
   *
   * @param config - The `config` of a scheduler, or the content of a `scheduler_config.json`.
   * @param options - Fields that override those of `config`.
   * @throws InvalidArgumentError if an option is unknown or out of range.
   * @throws InvalidConfigError if a field of the file's content is invalid, or fields contradict each other.
   */
  static fromConfig<Fields extends ConfigFields, Instance>(
    this: SchedulerBaseClass<Fields, Instance>,
    config: object,
    options: ConfigOptions<ConfigValues<Fields>> = {},
  ): Instance {
    return new this(this.schema.fromConfig(config, options));
  }

  /**
   * Creates a scheduler from the content of a `scheduler_config.json`, whichever class saved it. Entries that are not
   * fields are kept for saving.
   *
   * @param source - The name of the file in error messages.
   * @throws InvalidConfigError if the document is not an object, a field is out of range, or fields contradict each
   * other.
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
   * @param source - A Hub id, a folder, a folder URL, or an open repository.
   * @throws InvalidArgumentError if an option is unknown.
   * @throws SchedulerConfigNotFoundError if the repository has no `scheduler_config.json`.
   * @throws InvalidConfigError if that file is invalid.
   */
  static async fromPretrained<Fields extends ConfigFields, Instance>(
    this: SchedulerBaseClass<Fields, Instance>,
    source: SchedulerSource,
    options: SchedulerFromPretrainedOptions = {},
  ): Promise<Instance> {
    const { readSchedulerDocument } = await import("./config/files.ts");
    const subject = `${this.schema.className}.fromPretrained`;
    const { document, name } = await readSchedulerDocument(source, options, subject);
    return new this(this.schema.fromJson(document, name));
  }

  /** The timesteps of the run in order, as passed to the model. Read-only. */
  get timesteps(): Float64Array {
    return this.run.timesteps;
  }

  get stepIndex(): number | undefined {
    return this.run.stepIndex;
  }

  get beginIndex(): number | undefined {
    return this.run.beginIndex;
  }

  /**
   * The requested number of steps; `undefined` before `setTimesteps`, and where diffusers leaves it unset for custom
   * timesteps or noise levels.
   */
  get numInferenceSteps(): number | undefined {
    return this.run.numInferenceSteps;
  }

  /** `numTrainTimesteps`. */
  get length(): number {
    return this.config.numTrainTimesteps;
  }

  /** The standard deviation of the initial noise: 1. */
  get initNoiseSigma(): number {
    return 1;
  }

  /**
   * Sets the index of the first step of the run. Reset by `setTimesteps`.
   *
   * @throws InvalidArgumentError unless it is an index into `timesteps`.
   */
  setBeginIndex(beginIndex = 0): void {
    this.run.setBeginIndex(beginIndex);
  }

  /**
   * The index of `timestep` in `timesteps`, or in `scheduleTimesteps`; the second index if it occurs more than once.
   *
   * @throws InvalidArgumentError if it is not found.
   */
  indexForTimestep(timestep: number, scheduleTimesteps: ArrayLike<number> = this.timesteps): number {
    return findTimestepIndex(this.className, timestep, scheduleTimesteps);
  }

  /** Returns the sample unchanged: this scheduler does not scale the model's input. */
  scaleModelInput(
    sample: Tensor<"float32">,
    _timestep?: number,
    _options?: Pick<StepOptions, "generator">,
  ): Tensor<"float32"> {
    return sample;
  }

  /**
   * `originalSamples + noise · σ`, where σ is the noise level at `timesteps`: values of `timesteps`, either one for the
   * whole batch or one per item. After {@link setBeginIndex}, the noise level of the next step is used instead.
   *
   * @throws InvalidArgumentError if a timestep is not in the run, or the shapes do not match.
   */
  addNoise(
    originalSamples: Tensor<"float32">,
    noise: Tensor<"float32">,
    timesteps: ArrayLike<number>,
  ): Tensor<"float32"> {
    const sigmas = this.run.sigmasToAdd(timesteps);
    return addNoise(`${this.className}.addNoise`, originalSamples, noise, sigmas);
  }

  /** Creates a scheduler of the same class and config, with fresh state. */
  clone(): this {
    const create = this.constructor as new (options: object) => this;
    return new create(this.config);
  }

  /**
   * Writes `scheduler_config.json` into a folder, byte for byte as diffusers does. Creates the folder if needed.
   *
   * @throws FileWriteError if `directory` is a file, or cannot be written to; UnsupportedError in a browser.
   */
  async savePretrained(directory: string | URL): Promise<void> {
    const { saveSchedulerConfig } = await import("./config/files.ts");
    await saveSchedulerConfig(this.config, directory);
  }

  /** The file that `savePretrained` writes, without writing it. */
  async listFiles(): Promise<readonly UploadFile[]> {
    const { listSchedulerFiles } = await import("./config/files.ts");
    return listSchedulerFiles(this.config);
  }

  /**
   * Uploads `scheduler_config.json` to a Hub repository, creating it if needed; diffusers' `push_to_hub`.
   *
   * @param repositoryId - `owner/name`; a name alone belongs to the owner of the token.
   * @throws InvalidArgumentError if the id or an option is invalid.
   * @throws HubError if the Hub cannot be reached or rejects the upload; see `uploadFiles` of `@onestep/hub`.
   * @throws UnsupportedError in a browser.
   */
  async pushToHub(repositoryId: string, options: PushComponentOptions = {}): Promise<UploadReport> {
    const { pushSchedulerConfig } = await import("./config/files.ts");
    return pushSchedulerConfig(this.config, repositoryId, options);
  }
}
