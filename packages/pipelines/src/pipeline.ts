/// <reference lib="esnext.disposable" preserve="true" />
import { InvalidArgumentError, joinPath, warn } from "@onestep/core";
import { formatConfig, saveFile } from "@onestep/core/files";
import {
  bytesFile,
  moveFiles,
  type PushOptions,
  pushComponent,
  type RepositoryLocation,
  type UploadReport,
} from "@onestep/hub";
import {
  isWeightsFileName,
  type ModelFilesOptions,
  type SaveModelOptions,
  type UNet2DModel,
} from "@onestep/models";
import type { Device } from "@onestep/runtime";
import { type Scheduler, schedulerConfigName } from "@onestep/schedulers";
import { type ClassLabelsInput, ClassNames, type Id2Label, parseId2Label } from "./class-names.ts";
import {
  loadComponents,
  openPipelineSource,
  type PipelineFromPretrainedOptions,
  type PipelineSource,
} from "./loading/load-components.ts";
import { requireScheduler } from "./loading/require-scheduler.ts";
import {
  componentClassName,
  formatModelIndex,
  type ModelIndex,
  modelIndexName,
} from "./model-index/model-index.ts";
import type { PipelineComponents, PipelineParts } from "./pipeline-components.ts";
import { isStandIn } from "./rehearse.ts";
import { describeMisfit } from "./sampling/describe-misfit.ts";
import type { GenerateOptions } from "./sampling/generate-options.ts";
import type { NoiseProcess } from "./sampling/noise-process.ts";
import { beginSampling, type RunSettings, type SamplingRun } from "./sampling/sampling-run.ts";

/** Options of {@link DiffusionPipelineBase.pushToHub}. */
export interface PushPipelineOptions extends ModelFilesOptions, PushOptions {}

/** A class that {@link DiffusionPipelineBase} makes pipelines of. */
export interface PipelineConstructor<Pipeline> {
  new (parts: PipelineParts, modelIndex?: ModelIndex): Pipeline;
  /** The class as `model_index.json` names it. */
  readonly className?: string;
  readonly name: string;
}

/**
 * What every pipeline over a UNet and a scheduler shares; diffusers' `DiffusionPipeline`.
 */
export abstract class DiffusionPipelineBase {
  /** The model. */
  readonly unet: UNet2DModel;
  /** The class as `model_index.json` names it. */
  abstract readonly className: string;
  /** How noise was mixed into the images that models of this pipeline were trained on. */
  protected abstract readonly noiseProcess: NoiseProcess;
  /** Names of the model's classes by class id; `undefined` where nothing names them. */
  readonly id2label: Id2Label | undefined;
  readonly #classNames: ClassNames;
  readonly #modelIndex: ModelIndex | undefined;
  readonly #original: Scheduler;
  #scheduler: Scheduler;
  #checked: Scheduler | undefined;

  /**
   * @param modelIndex - The index the components were loaded by, for saving it again.
   * @throws InvalidArgumentError, InvalidConfigError where `id2label` does not name the classes of the model.
   */
  constructor({ unet, scheduler, id2label }: PipelineParts, modelIndex?: ModelIndex) {
    requireScheduler(scheduler);
    this.unet = unet;
    this.#scheduler = scheduler;
    this.id2label = id2label === undefined ? undefined : parseId2Label(id2label, "id2label");
    this.#classNames = new ClassNames(this.id2label, unet.config.numClassEmbeds);
    this.#modelIndex = modelIndex;
    this.#original = scheduler;
  }

  /**
   * The scheduler; assign another to sample with that. A run uses a clone of it, so concurrent runs do not meet. What
   * cannot sample, a class for one, is refused with an InvalidArgumentError.
   */
  get scheduler(): Scheduler {
    return this.#scheduler;
  }

  set scheduler(scheduler: Scheduler) {
    requireScheduler(scheduler);
    this.#scheduler = scheduler;
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
  static async fromPretrained<Pipeline>(
    this: PipelineConstructor<Pipeline>,
    source?: RepositoryLocation,
    options: PipelineFromPretrainedOptions = {},
  ): Promise<Pipeline> {
    const opened = await openPipelineSource(source, options);
    const pipeline = this.className ?? this.name;
    return new this(await loadComponents(opened, options, pipeline), opened.modelIndex);
  }

  /** Like {@link DiffusionPipelineBase.fromPretrained}, from a repository that is open already. */
  static async fromSource<Pipeline>(
    this: PipelineConstructor<Pipeline>,
    source: PipelineSource,
    options: PipelineFromPretrainedOptions = {},
  ): Promise<Pipeline> {
    const pipeline = this.className ?? this.name;
    return new this(await loadComponents(source, options, pipeline), source.modelIndex);
  }

  /** The parts by name, as another pipeline's constructor takes them. */
  get components(): PipelineComponents {
    return { unet: this.unet, scheduler: this.scheduler };
  }

  /**
   * The ids of the model's classes by name, sorted; empty where nothing names them. Diffusers' `DiTPipeline.labels`.
   *
   * A name that two classes share, or that reads as the number of another, is not among them.
   */
  get labels(): Readonly<Record<string, number>> {
    return this.#classNames.labels;
  }

  /**
   * The ids of classes by their names; diffusers' `DiTPipeline.get_label_ids`. `generate` takes the names as they are.
   *
   * @example
   * ```ts
   * pipe.getLabelIds(["fox", "pizza"]); // [8, 24]
   * ```
   * @throws InvalidArgumentError where a name is none of the model's, or does not say which class is meant.
   */
  getLabelIds(label: string | readonly string[]): readonly number[] {
    const names = typeof label === "string" ? [label] : label;
    return names.map((name) => this.#classNames.idOf("label", name));
  }

  /** Where the model runs. */
  get device(): Device {
    return this.unet.device;
  }

  /**
   * Writes the pipeline into a folder, which `fromPretrained` and Python's diffusers load: `model_index.json`,
   * `scheduler/` and `unet/`. The folder is made where it is not there, and may be the one that the pipeline was loaded
   * from; the index is written last.
   *
   * @param options - How the model's weights are named and divided; see `UNet2DModel.savePretrained`.
   * @throws FileWriteError where it cannot be written. The part that failed is as it was.
   * @throws InvalidArgumentError where an option is wrong, or the scheduler has no config of a class; before anything is
   * written.
   */
  async savePretrained(directory: string | URL, options: SaveModelOptions = {}): Promise<void> {
    const { signal } = options;
    const index = this.#formatIndex();
    await this.unet.savePretrained(joinPath(directory, "unet"), options);
    await this.scheduler.savePretrained(joinPath(directory, "scheduler"));
    await saveFile(directory, modelIndexName, index, { signal });
  }

  /**
   * Uploads the pipeline to a repository of the Hub, which is made where there is none; diffusers' `push_to_hub`. All of
   * it is in one commit, and nothing is written to disk on the way. Weights of the same variant that an earlier upload
   * left there are removed, and a README is added where there is none.
   *
   * @param repositoryId - `owner/name`; a name alone is of the one that the token belongs to.
   * @param options - How the model's weights are named and divided, and how to get to the Hub.
   * @throws InvalidArgumentError where the id or an option is wrong, or the scheduler has no config of its own class.
   * @throws HubError where the Hub cannot be reached, or does not take it; see `uploadFiles` of `@onestep/hub`.
   * @throws UnsupportedError in a browser.
   */
  async pushToHub(repositoryId: string, options: PushPipelineOptions = {}): Promise<UploadReport> {
    const { className } = this;
    const files = [
      bytesFile(modelIndexName, this.#formatIndex()),
      ...moveFiles(this.unet.listFiles(options), "unet"),
      bytesFile(`scheduler/${schedulerConfigName}`, formatConfig(this.scheduler.config)),
    ];
    const isObsolete = (path: string): boolean =>
      path.startsWith("unet/") && isWeightsFileName(path.slice("unet/".length), options.variant);
    return pushComponent(repositoryId, { className, files, isObsolete }, options);
  }

  /** Frees the model's memory. Idempotent. Pipelines that share the model can no longer run. */
  async dispose(): Promise<void> {
    await this.unet.dispose();
  }

  /**
   * Begins a run from noise, on a clone of the scheduler; see {@link beginSampling}. Warns, once for a scheduler, where it
   * does not fit the model.
   *
   * @throws InvalidArgumentError where an option is wrong.
   */
  protected async beginSampling(options: GenerateOptions, settings: RunSettings): Promise<SamplingRun> {
    const classLabels = this.resolveLabelNames(options.classLabels);
    const run = await beginSampling(this.components, { ...options, classLabels }, settings);
    this.#checkScheduler();
    return run;
  }

  /**
   * Class labels as numbers.
   *
   * @throws InvalidArgumentError where a name is none of the model's. Numbers are not checked.
   */
  protected resolveLabelNames(
    classLabels: ClassLabelsInput | undefined,
  ): number | ArrayLike<number> | undefined {
    if (classLabels === undefined) return undefined;
    return this.#classNames.toIds(classLabels);
  }

  #checkScheduler(): void {
    if (this.#checked === this.scheduler || isStandIn(this.unet)) return;
    this.#checked = this.scheduler;
    const { className: pipeline, noiseProcess: process, scheduler } = this;
    const misfit = describeMisfit({ pipeline, process, scheduler, original: this.#original });
    if (misfit !== undefined) warn(misfit);
  }

  #formatIndex(): string {
    const classNames = Object.entries(this.components).map(
      ([name, component]) => [name, requireClassName(name, component)] as const,
    );
    return formatModelIndex(this.className, new Map(classNames), this.#modelIndex, this.id2label);
  }

  /** Makes `await using pipe = …` free the memory at the end of the block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

/** @throws InvalidArgumentError where the component has no config of a class, by which Python could load it. */
function requireClassName(name: string, component: { readonly config: object }): string {
  const className = componentClassName(component);
  if (className !== undefined) return className;
  throw new InvalidArgumentError({
    subject: `${name} of the pipeline`,
    found: "one of your own, whose config names no class of diffusers",
    expected: `a ${name} that can be loaded again`,
    remedy: `Assign one of Onestep's to \`${name}\` first, or save \`pipe.unet\` alone.`,
  });
}
