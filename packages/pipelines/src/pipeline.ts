/// <reference lib="esnext.disposable" preserve="true" />
import { InvalidArgumentError, type PythonJson } from "@onestep/core";
import { joinPath, requireKnownOptions, warn } from "@onestep/core/internal";
import { saveFile } from "@onestep/core/internal/files";
import {
  bytesFile,
  moveFiles,
  type PushOptions,
  pushComponent,
  type RepositoryLocation,
  type UploadFile,
  type UploadReport,
} from "@onestep/hub";
import {
  isWeightsFileName,
  type ModelFilesOptions,
  type SaveModelOptions,
  saveOptionNames,
} from "@onestep/models";
import type { Device } from "@onestep/runtime";
import type { NoiseProcess, Scheduler } from "@onestep/schedulers";
import {
  type Component,
  type ComponentEntry,
  type ComponentRecord,
  componentEntry,
  componentFolderName,
  hasStandIn,
  listComponentFiles,
  listComponents,
  requireScheduler,
} from "./component/component.ts";
import { type ComponentSlots, shareComponents, takeComponents } from "./component/component-slots.ts";
import {
  disposeAll,
  type LoadPipelineOptions,
  loadComponents,
  openPipelineSource,
  type PipelineSource,
  requireLoadOptions,
} from "./component/load-components.ts";
import { formatModelIndex, type ModelIndex, modelIndexName } from "./component/model-index.ts";
import { beginSampling, type RunSettings, type SamplingRun } from "./sampling/begin-sampling.ts";
import type { GenerateOptions } from "./sampling/generate-options.ts";
import { describeMisfit } from "./sampling/scheduler-fit.ts";

/** Options of {@link DiffusionPipelineBase.pushToHub}. */
export interface PushPipelineOptions extends ModelFilesOptions, PushOptions {}

/** The component that every pipeline has. */
export interface PipelineComponents {
  readonly scheduler: Scheduler;
}

/** What the constructor of a pipeline takes: its components, and its settings. */
export type PartsOf<Pipeline extends DiffusionPipelineBase> = Pipeline["components"] & Pipeline["settings"];

/** Options of `fromPretrained` of a pipeline: how to load it, and components and settings in place of the repository's. */
export type FromPretrainedOptions<Pipeline extends DiffusionPipelineBase> = LoadPipelineOptions & {
  readonly [Name in keyof PartsOf<Pipeline>]?: PartsOf<Pipeline>[Name] | null | undefined;
};

/** The static side of a pipeline, of which {@link DiffusionPipelineBase.fromPretrained} makes pipelines. */
export interface PipelineConstructor<Pipeline extends DiffusionPipelineBase = DiffusionPipelineBase> {
  new (parts: PartsOf<Pipeline>): Pipeline;
  readonly name: string;
  /** The class as `model_index.json` names it. A class that does not say it cannot be saved. */
  readonly className?: string;
  /** What the models of the pipeline were trained on. Without it, no scheduler is said not to fit. */
  readonly noiseProcess?: NoiseProcess;
  /** Its components. */
  readonly components: ComponentSlots;
  /**
   * The settings that an index holds, checked; before any component is loaded.
   *
   * @param options - Those of `fromPretrained`; a setting that they hold takes the place of the index's.
   */
  readSettings?(source: PipelineSource, options: object): object;
  /** The names of the settings. Without it, options of `fromPretrained` that are unknown pass unnoticed where there are settings. */
  readonly settingNames?: readonly string[];
}

/** Where a pipeline came from. */
interface Origin {
  readonly modelIndex: ModelIndex;
  /** The components at that time, by name. */
  readonly components: object;
  /** Whether another pipeline was loaded, and this one has its components. */
  readonly isShared: boolean;
}

/**
 * What every pipeline shares; diffusers' `DiffusionPipeline`: components by name, which are loaded, saved, uploaded and
 * freed together.
 *
 * A pipeline of your own extends it, with `static className`, `static components` and a `generate`. A pipeline disposes of
 * the components that it loaded, and of no others: what a constructor or {@link DiffusionPipelineBase.fromPipe} is given
 * stays with its owner.
 */
export abstract class DiffusionPipelineBase<
  Components extends PipelineComponents & ComponentRecord<Components> = PipelineComponents,
> {
  /** The components of pipelines of the class, by name; see {@link ComponentSlots}. */
  static readonly components: ComponentSlots = { scheduler: {} };

  #components: Components;
  readonly #originalScheduler: Scheduler;
  #checkedScheduler: Scheduler | undefined;
  #origin: Origin | undefined;
  #owned: readonly Component[] = [];
  #disposal: Promise<void> | undefined;

  /**
   * @param components - Those that the class declares.
   * @throws InvalidArgumentError where one that is needed is missing, one does not do what the pipeline calls of it, or the
   * class does not declare one.
   */
  constructor(components: Components) {
    requireScheduler(components?.scheduler);
    this.#components = takeComponents(components, classOf(this).components, this.className);
    this.#originalScheduler = components.scheduler;
  }

  /**
   * Loads a pipeline as Python saved it.
   *
   * @param source - A Hub id, a folder, a `file:` URL, an `http(s):` URL of a folder, or files at hand (in browsers:
   * `File`s, a folder handle, what was dropped on the page); without it, the checkpoint that ships with the package `onestep`.
   * @throws HubError where a file cannot be had.
   * @throws InvalidConfigError, UnsupportedError where a config is wrong, or of a model that is not built here.
   * @throws CheckpointError, WeightsMismatchError where the weights are damaged, or not those of the config.
   */
  static async fromPretrained<Pipeline extends DiffusionPipelineBase>(
    this: PipelineConstructor<Pipeline>,
    source?: RepositoryLocation,
    options: FromPretrainedOptions<NoInfer<Pipeline>> = {},
  ): Promise<Pipeline> {
    requireLoadOptions(this.className ?? this.name, options, this);
    return DiffusionPipelineBase.#load(this, await openPipelineSource(source, options), options);
  }

  /** Like {@link DiffusionPipelineBase.fromPretrained}, from a repository that is open already. */
  static async fromSource<Pipeline extends DiffusionPipelineBase>(
    this: PipelineConstructor<Pipeline>,
    source: PipelineSource,
    options: FromPretrainedOptions<NoInfer<Pipeline>> = {},
  ): Promise<Pipeline> {
    requireLoadOptions(this.className ?? this.name, options, this);
    return DiffusionPipelineBase.#load(this, source, options);
  }

  /**
   * A pipeline with the components of another, nothing loaded again; diffusers' `from_pipe`. They stay the other's: disposing
   * of the new pipeline leaves them alone, disposing of the other ends both.
   *
   * @param parts - Components and settings in place of the other's, or that it does not have.
   * @throws InvalidArgumentError where neither has a component that is needed.
   */
  static fromPipe<Pipeline extends DiffusionPipelineBase>(
    this: PipelineConstructor<Pipeline>,
    pipe: DiffusionPipelineBase,
    parts: Partial<PartsOf<NoInfer<Pipeline>>> = {},
  ): Pipeline {
    const given: object = { ...pipe.components, ...parts };
    const pipelineName = this.className ?? this.name;
    const components = shareComponents(given, this.components, pipelineName, pipe.className);
    const all: object = { ...pipe.settings, ...parts, ...components };
    const pipeline = new this(all as PartsOf<Pipeline>);
    pipeline.#origin = pipe.#origin && { ...pipe.#origin, isShared: true };
    return pipeline;
  }

  /** The class as `model_index.json` names it. */
  get className(): string {
    const { className, name } = classOf(this);
    return className ?? name;
  }

  /** The components by name, as another pipeline's constructor takes them. */
  get components(): Components {
    return { ...this.#components };
  }

  /** What the constructor takes besides components, for {@link DiffusionPipelineBase.fromPipe}. */
  get settings(): object {
    return {};
  }

  /**
   * The scheduler; assign another to sample with that. A run uses a clone of it, so concurrent runs do not meet. What
   * cannot sample, a class for one, is refused with an InvalidArgumentError.
   */
  get scheduler(): Scheduler {
    return this.#components.scheduler;
  }

  set scheduler(scheduler: Scheduler) {
    requireScheduler(scheduler);
    this.#components = { ...this.#components, scheduler };
  }

  /** Where the pipeline runs: the device of its first component that has one. */
  get device(): Device | undefined {
    return listComponents(this.#components).find(([, { device }]) => device !== undefined)?.[1].device;
  }

  /**
   * Writes the pipeline into a folder, which `fromPretrained` and Python's diffusers load: `model_index.json`, and a
   * folder for each component. The folder is made where it is not there, and may be the one that the pipeline was loaded
   * from; the index is written last.
   *
   * @param options - How the weights of models are named and divided; see `UNet2DModel.savePretrained`.
   * @throws FileWriteError where it cannot be written. The part that failed is as it was.
   * @throws InvalidArgumentError if an option is invalid, or the class of a component or of the pipeline is unknown; before
   * anything is written.
   */
  async savePretrained(directory: string | URL, options: SaveModelOptions = {}): Promise<void> {
    requireKnownOptions(`${this.className}.savePretrained`, options, saveOptionNames);
    const { signal } = options;
    const index = this.#formatIndex();
    for (const [name, component] of listComponents(this.#components)) {
      signal?.throwIfAborted();
      await component.savePretrained(joinPath(directory, componentFolderName(name)), options);
    }
    await saveFile(directory, modelIndexName, index, { signal });
  }

  /**
   * Uploads the pipeline to a repository of the Hub in one commit; diffusers' `push_to_hub`. The repository is created if
   * it does not exist, and nothing is written to disk on the way. The commit removes weights of the same variant from an
   * earlier upload, and adds a README if there is none.
   *
   * @param repositoryId - `owner/name`; without an owner, the account of the token.
   * @param options - How the weights of models are named and divided, and how to get to the Hub.
   * @throws InvalidArgumentError if the id or an option is invalid, or the class or the files of a component are unknown.
   * @throws HubError where the Hub cannot be reached, or does not take it; see `uploadFiles` of `@onestep/hub`.
   * @throws UnsupportedError in a browser.
   */
  async pushToHub(repositoryId: string, options: PushPipelineOptions = {}): Promise<UploadReport> {
    const { className } = this;
    const files: UploadFile[] = [bytesFile(modelIndexName, this.#formatIndex())];
    const components = listComponents(this.#components);
    for (const [name, component] of components) {
      const own = await listComponentFiles(name, component, options);
      files.push(...moveFiles(own, componentFolderName(name)));
    }
    const folders = components.map(([name]) => `${componentFolderName(name)}/`);
    const isObsolete = (path: string): boolean =>
      folders.some(
        (folder) => path.startsWith(folder) && isWeightsFileName(path.slice(folder.length), options.variant),
      );
    return pushComponent(repositoryId, { className, files, isObsolete }, options);
  }

  /**
   * Frees the memory of the components that the pipeline loaded. Idempotent. Pipelines that share them can no longer run.
   * Components that were passed to it are not freed.
   */
  async dispose(): Promise<void> {
    this.#disposal ??= disposeAll(this.#owned);
    await this.#disposal;
  }

  /**
   * Begins a run from noise, on a clone of the scheduler; see {@link beginSampling}. Warns, once for a scheduler, where it
   * does not fit the model.
   *
   * @throws InvalidArgumentError where an option is wrong.
   */
  protected async beginSampling(options: GenerateOptions, settings: RunSettings): Promise<SamplingRun> {
    const run = await beginSampling(this.scheduler, options, settings);
    this.#checkScheduler();
    return run;
  }

  /** Makes the pipeline dispose of a component that was loaded for it. */
  protected own(component: Component): void {
    this.#owned = [...this.#owned, component];
  }

  /** Entries of `model_index.json` for the settings; `undefined` for one to leave out. */
  protected settingEntries(
    _loaded: ReadonlyMap<string, PythonJson>,
  ): ReadonlyMap<string, PythonJson | undefined> {
    return new Map();
  }

  #checkScheduler(): void {
    const { scheduler } = this;
    if (this.#checkedScheduler === scheduler || hasStandIn(this.#components)) return;
    this.#checkedScheduler = scheduler;
    const process = classOf(this).noiseProcess;
    if (process === undefined) return;
    const { className: pipeline } = this;
    const misfit = describeMisfit({ pipeline, process, scheduler, original: this.#originalScheduler });
    if (misfit !== undefined) warn(misfit, "scheduler");
  }

  #formatIndex(): string {
    const { className } = classOf(this);
    if (className === undefined) throw unnamedClass(classOf(this).name);
    const { modelIndex, components: originals = {}, isShared } = this.#origin ?? {};
    const optional = Object.entries(classOf(this).components).flatMap(([name, { isOptional }]) =>
      isOptional ? [[componentFolderName(name), null] as const] : [],
    );
    const present = listComponents(this.#components).map(([name, component]) => {
      const folder = componentFolderName(name);
      const loaded = modelIndex?.components.get(folder);
      const isSame = Reflect.get(originals, name) === component;
      return [folder, componentEntry(name, component, loaded && { ...loaded, isSame })] as const;
    });
    const components = new Map<string, ComponentEntry | null>([...optional, ...present]);
    if (isShared) warnOfDropped(className, components, modelIndex);
    return formatModelIndex({
      className,
      components,
      loaded: modelIndex,
      settings: this.settingEntries(modelIndex?.entries ?? new Map()),
    });
  }

  /** Makes `await using pipe = …` free the memory at the end of the block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  static async #load<Pipeline extends DiffusionPipelineBase>(
    pipelineClass: PipelineConstructor<Pipeline>,
    source: PipelineSource,
    options: LoadPipelineOptions,
  ): Promise<Pipeline> {
    const { components: slots, className, name } = pipelineClass;
    const settings = pipelineClass.readSettings?.(source, options) ?? {};
    const given: Readonly<Record<string, unknown>> = { ...options };
    const toLoad = { slots, pipeline: className ?? name, given };
    const { components, loaded } = await loadComponents(source, toLoad, options);
    try {
      const parts: object = { ...settings, ...components };
      const pipeline = new pipelineClass(parts as PartsOf<Pipeline>);
      pipeline.#origin = { modelIndex: source.modelIndex, components, isShared: false };
      pipeline.#owned = loaded;
      return pipeline;
    } catch (error) {
      await disposeAll(loaded).catch(() => undefined);
      throw error;
    }
  }
}

function classOf(pipeline: DiffusionPipelineBase): PipelineConstructor {
  return pipeline.constructor as PipelineConstructor;
}

function unnamedClass(name: string): InvalidArgumentError {
  return new InvalidArgumentError({
    subject: `the pipeline ${name}`,
    found: "a class without `static className`",
    expected: "the class as model_index.json is to name it",
    remedy: `Add \`static readonly className = ${JSON.stringify(name)}\` to it.`,
    summary: `The pipeline class ${name} has no \`static className\`, which is its name in model_index.json.`,
  });
}

function warnOfDropped(
  className: string,
  components: ReadonlyMap<string, unknown>,
  modelIndex: ModelIndex | undefined,
): void {
  const dropped = [...(modelIndex?.components ?? [])].filter(([name]) => !components.has(name));
  if (dropped.length === 0) return;
  const names = dropped.map(([name, entry]) => `${name} (${entry.className})`).join(", ");
  warn(
    `The pipeline that this ${className} shares its components with was loaded with ${names}, which ${className} does not run: it is left out of what is saved. Save that pipeline to keep it.`,
    "component",
  );
}
