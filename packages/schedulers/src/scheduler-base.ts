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

/** A class that {@link SchedulerBase} makes schedulers of. */
export interface SchedulerBaseClass<Fields extends ConfigFields, Instance> {
  new (options: ConfigOptions<ConfigValues<Fields>>): Instance;
  /** The fields of its config. */
  readonly schema: ConfigSchema<Fields>;
}

/**
 * What all schedulers share: the config and the ways to load and save it, and the state of a run. A class adds its
 * `schema`, `setTimesteps` and `step`.
 */
export abstract class SchedulerBase<Values extends { readonly numTrainTimesteps: number }> {
  /** The fields of the config. */
  declare static readonly schema: ConfigSchema<ConfigFields>;

  readonly config: Config<Values>;
  /** The noise process that it undoes. */
  abstract readonly noiseProcess: NoiseProcess;
  readonly order: number = 1;
  /** The name of the class, for messages. */
  protected readonly className: string;
  /** The current run. */
  protected run: ScheduleRun;

  /**
   * @param options - Fields of the config; those left out have their defaults.
   * @throws InvalidArgumentError if an option is unknown or out of range.
   * @throws InvalidConfigError if options contradict each other.
   */
  constructor(options: ConfigOptions<Values> = {}) {
    const { schema } = new.target;
    this.className = schema.className;
    this.config = schema.fromConfig(options) as Config<object> as Config<Values>;
    this.run = new ScheduleRun(this.className, allTimesteps(this.config.numTrainTimesteps));
  }

  /** The name of the class in files: diffusers' name, where diffusers has the class. */
  static get className(): string {
    return this.schema.className;
  }

  /** The names of the classes that its config can be given to, its own among them. */
  static get compatibles(): readonly string[] {
    return compatiblesOf(this.schema.className);
  }

  /**
   * A scheduler with the config of another, of this class or another. What was set there and fits here is taken over;
   * what does not fit is kept for the way back.
   *
   * @param config - The `config` of a scheduler, or the content of a `scheduler_config.json`.
   * @param options - Fields that replace those of `config`.
   * @throws InvalidArgumentError if an option is unknown or out of range.
   * @throws InvalidConfigError if a field of the file's content is, or fields contradict each other.
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
   * @param source - The name of the file in error messages.
   * @throws InvalidConfigError if the document is not an object, a field is out of range, or fields contradict
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
   * @throws InvalidArgumentError if an option is unknown.
   * @throws SchedulerConfigNotFoundError if the repository has no `scheduler_config.json`.
   * @throws InvalidConfigError if that file is wrong.
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

  /** The timesteps of the run in order, as the model is given them. Read-only. */
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
   * How many steps were asked for; `undefined` before `setTimesteps`, and where diffusers leaves it so with timesteps
   * or noise levels of the caller's own.
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
   * Sets the index of the first step of the run. `setTimesteps` undoes it.
   *
   * @throws InvalidArgumentError unless it is an index into `timesteps`.
   */
  setBeginIndex(beginIndex = 0): void {
    this.run.setBeginIndex(beginIndex);
  }

  /**
   * The index of `timestep` in `timesteps`, or in `scheduleTimesteps`; the second index where it occurs more than once.
   *
   * @throws InvalidArgumentError if it does not occur.
   */
  indexForTimestep(timestep: number, scheduleTimesteps: ArrayLike<number> = this.timesteps): number {
    return findTimestepIndex(this.className, timestep, scheduleTimesteps);
  }

  /** The sample as it is: nothing is scaled. */
  scaleModelInput(
    sample: Tensor<"float32">,
    _timestep?: number,
    _options?: Pick<StepOptions, "generator">,
  ): Tensor<"float32"> {
    return sample;
  }

  /**
   * `originalSamples + noise · σ`, σ the noise level of `timesteps`: values of `timesteps`, one for all items of the
   * batch or one each. After {@link setBeginIndex} it is the level of the step that comes next instead.
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

  /** A scheduler of the same class and config, with fresh state. */
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
   * Uploads `scheduler_config.json` to a repository of the Hub, which is created if needed; diffusers' `push_to_hub`.
   *
   * @param repositoryId - `owner/name`; a name alone belongs to the owner of the token.
   * @throws InvalidArgumentError if the id or an option is wrong.
   * @throws HubError if the Hub cannot be reached, or rejects the upload; see `uploadFiles` of `@onestep/hub`.
   * @throws UnsupportedError in a browser.
   */
  async pushToHub(repositoryId: string, options: PushComponentOptions = {}): Promise<UploadReport> {
    const { pushSchedulerConfig } = await import("./config/files.ts");
    return pushSchedulerConfig(this.config, repositoryId, options);
  }
}
