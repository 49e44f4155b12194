/// <reference lib="esnext.disposable" preserve="true" />
import { InvalidArgumentError, type PythonJson } from "@onestep/core";
import { joinPath, warn } from "@onestep/core/internal";
import { saveFile } from "@onestep/core/internal/files";
import { type OptionNames, requireKnownOptions } from "@onestep/core/internal/known-options";
import {
  bytesFile,
  moveFiles,
  type PushOptions,
  pushComponent,
  pushOptionNames,
  type RepositoryLocation,
  type UploadFile,
  type UploadReport,
} from "@onestep/hub";
import {
  isWeightsFileName,
  type ModelFilesOptions,
  modelFilesOptionNames,
  type SaveModelOptions,
  saveOptionNames,
} from "@onestep/models";
import type { Device } from "@onestep/runtime";
import type { Scheduler } from "@onestep/schedulers";
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
import {
  type ComponentSlots,
  listSavedComponents,
  shareComponents,
  takeComponents,
} from "./component/component-slots.ts";
import {
  disposeAll,
  type LoadPipelineOptions,
  loadComponents,
  openPipelineSource,
  type PipelineSource,
  requireLoadOptions,
} from "./component/load-components.ts";
import { formatModelIndex, type ModelIndex, modelIndexName } from "./component/model-index.ts";
import type {
  FromPretrainedOptions,
  PartsOf,
  PipelineComponents,
  PipelineConstructor,
} from "./pipeline-types.ts";
import { beginSampling, type RunSettings, type SamplingRun } from "./sampling/begin-sampling.ts";
import type { GenerateOptions } from "./sampling/generate-options.ts";
import { describeMisfit } from "./sampling/scheduler-fit.ts";

/** Options of {@link DiffusionPipelineBase.pushToHub}. */
export interface PushPipelineOptions extends ModelFilesOptions, PushOptions {}

const pushPipelineOptionNames: OptionNames<PushPipelineOptions> = {
  ...pushOptionNames,
  ...modelFilesOptionNames,
};

/** The origin of a pipeline. */
interface Origin {
  readonly modelIndex: ModelIndex;
  /** The components at load time, by name. */
  readonly components: object;
  /** Whether this pipeline reuses the components of another, loaded one. */
  readonly isShared: boolean;
}

/**
 * The base class of all pipelines; diffusers' `DiffusionPipeline`. Loads, saves, uploads and frees named components
 * together.
 *
 * Extend it to write your own pipeline, with `static className`, `static components` and `generate`. A pipeline disposes
 * only of the components it loaded: those passed to the constructor or to {@link DiffusionPipelineBase.fromPipe} stay
 * with their owner.
 *
 * @example
 * class MyPipeline extends DiffusionPipelineBase<UNet2DComponents> {
 *   static readonly className = "MyPipeline";
 *   static readonly noiseProcess = "betas";
 *   static override readonly components = { scheduler: {}, unet: {} };
 *
 *   async generate(options: GenerateOptions = {}) {
 *     const { unet } = this.components;
 *     const run = await this.beginSampling(options, { shape: [1, 3, 32, 32], defaultInferenceSteps: 50 });
 *     const predict: NoisePredictor = async (sample, timestep) => (await unet.forward({ sample, timestep })).sample;
 *     const pixels = (await denoise({ ...run, predict }, options)).div(2).add(0.5).clamp(0, 1);
 *     return { images: imagesFromTensor(pixels) };
 *   }
 * }
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
   * @param components - The components the class declares.
   * @throws InvalidArgumentError if a required component is missing, lacks a method the pipeline calls, or is not
   * declared by the class.
   */
  constructor(components: Components) {
    requireScheduler(components?.scheduler);
    this.#components = takeComponents(components, classOf(this).components, this.className);
    this.#originalScheduler = components.scheduler;
  }

  /**
   * Loads a pipeline saved by diffusers or by this library.
   *
   * @param source - A Hub id, a folder, a `file:` URL, an `http(s):` URL of a folder, or local files (in browsers:
   * `File`s, a folder handle, or dropped files). Defaults to the checkpoint bundled with the package `onestep`.
   * @throws HubError if a file cannot be fetched.
   * @throws InvalidConfigError, UnsupportedError if a config is invalid, or its model is not supported.
   * @throws CheckpointError, WeightsMismatchError if the weights are corrupt or do not match the config.
   */
  static async fromPretrained<Pipeline extends DiffusionPipelineBase>(
    this: PipelineConstructor<Pipeline>,
    source?: RepositoryLocation,
    options: FromPretrainedOptions<NoInfer<Pipeline>> = {},
  ): Promise<Pipeline> {
    requireLoadOptions(this.className ?? this.name, options, this);
    return DiffusionPipelineBase.#load(this, await openPipelineSource(source, options), options);
  }

  /** Like {@link DiffusionPipelineBase.fromPretrained}, from an already open repository. */
  static async fromSource<Pipeline extends DiffusionPipelineBase>(
    this: PipelineConstructor<Pipeline>,
    source: PipelineSource,
    options: FromPretrainedOptions<NoInfer<Pipeline>> = {},
  ): Promise<Pipeline> {
    requireLoadOptions(this.className ?? this.name, options, this);
    return DiffusionPipelineBase.#load(this, source, options);
  }

  /**
   * Creates a pipeline from the components of another, without reloading them; diffusers' `from_pipe`. The other
   * pipeline keeps ownership: disposing of it also ends the new pipeline, but not vice versa.
   *
   * @param parts - Components and settings to replace or add.
   * @throws InvalidArgumentError if a required component is missing from both.
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

  /** The class name in `model_index.json`. */
  get className(): string {
    const { className, name } = classOf(this);
    return className ?? name;
  }

  /** The components by name, ready to pass to another pipeline's constructor. */
  get components(): Components {
    return { ...this.#components };
  }

  /** The constructor's arguments besides components, for {@link DiffusionPipelineBase.fromPipe}. */
  get settings(): object {
    return {};
  }

  /**
   * The scheduler; assign another to switch samplers. Each run uses a clone, so concurrent runs do not interfere.
   * Assigning anything but a scheduler instance, such as a class, throws an InvalidArgumentError.
   */
  get scheduler(): Scheduler {
    return this.#components.scheduler;
  }

  set scheduler(scheduler: Scheduler) {
    requireScheduler(scheduler);
    this.#components = { ...this.#components, scheduler };
  }

  /** The device of the pipeline: that of its first component with one. */
  get device(): Device | undefined {
    return listComponents(this.#components).find(([, { device }]) => device !== undefined)?.[1].device;
  }

  /**
   * Saves the pipeline to a folder that `fromPretrained` and Python's diffusers can load: `model_index.json` and one
   * folder per component. The folder is created if needed, and may be the one the pipeline was loaded from. The index is
   * written last.
   *
   * @param options - How model weights are named and sharded; see `UNet2DModel.savePretrained`.
   * @throws FileWriteError if a write fails. The component that failed keeps its old files.
   * @throws InvalidArgumentError if an option is invalid, or the class of the pipeline or a component is unknown; thrown
   * before anything is written.
   */
  async savePretrained(directory: string | URL, options: SaveModelOptions = {}): Promise<void> {
    requireKnownOptions(`${this.className}.savePretrained`, options, saveOptionNames);
    const { signal } = options;
    const index = this.#formatIndex();
    for (const [name, component] of this.#saved) {
      signal?.throwIfAborted();
      await component.savePretrained(joinPath(directory, componentFolderName(name)), options);
    }
    await saveFile(directory, modelIndexName, index, { signal });
  }

  /**
   * Uploads the pipeline to a repository of the Hub in one commit; diffusers' `push_to_hub`. The repository is created
   * if needed; nothing is written to disk. The commit removes weights of the same variant from an earlier upload, and
   * adds a README if there is none.
   *
   * @param repositoryId - `owner/name`; without an owner, the token's account.
   * @param options - How model weights are named and sharded, and how to reach the Hub.
   * @throws InvalidArgumentError if the id or an option is invalid, or the class or the files of a component are unknown.
   * @throws HubError if the Hub is unreachable or rejects the upload; see `uploadFiles` of `@onestep/hub`.
   * @throws UnsupportedError in a browser.
   */
  async pushToHub(repositoryId: string, options: PushPipelineOptions = {}): Promise<UploadReport> {
    const { className } = this;
    requireKnownOptions(`${className}.pushToHub`, options, pushPipelineOptionNames);
    const files: UploadFile[] = [bytesFile(modelIndexName, this.#formatIndex())];
    const components = this.#saved;
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
   * Frees the components the pipeline loaded, but not those passed to it. Idempotent. Pipelines sharing the freed
   * components can no longer run.
   */
  async dispose(): Promise<void> {
    this.#disposal ??= disposeAll(this.#owned);
    await this.#disposal;
  }

  /**
   * Begins a run from noise, on a clone of the scheduler; see {@link beginSampling}. Warns once per scheduler if it does
   * not match the model.
   *
   * @throws InvalidArgumentError if an option is invalid.
   */
  protected async beginSampling(options: GenerateOptions, settings: RunSettings): Promise<SamplingRun> {
    const run = await beginSampling(this.scheduler, options, settings);
    this.#checkScheduler();
    return run;
  }

  /** Gives the pipeline ownership of a component loaded for it. */
  protected own(component: Component): void {
    this.#owned = [...this.#owned, component];
  }

  /** The `model_index.json` entries of the settings; `undefined` omits one. */
  protected settingEntries(
    _loaded: ReadonlyMap<string, PythonJson>,
  ): ReadonlyMap<string, PythonJson | undefined> {
    return new Map();
  }

  get #saved(): ReturnType<typeof listSavedComponents> {
    return listSavedComponents(this.#components, classOf(this).components);
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
    const present = this.#saved.map(([name, component]) => {
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
