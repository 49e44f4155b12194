import { InvalidConfigError, type PythonJson, type Tensor } from "@onestep/core";
import { toPythonJson } from "@onestep/core/internal";
import type { OptionNames } from "@onestep/core/internal/known-options";
import { resolveClassLabels } from "@onestep/models";
import type { Device } from "@onestep/runtime";
import type { Scheduler } from "@onestep/schedulers";
import type { ComponentRecord } from "../component/component.ts";
import type { ComponentSlots } from "../component/component-slots.ts";
import type { LoadPipelineOptions, PipelineSource } from "../component/load-components.ts";
import { invalidModelIndex, modelIndexName } from "../component/model-index.ts";
import { DiffusionPipelineBase } from "../pipeline.ts";
import type { SamplingRun } from "../sampling/begin-sampling.ts";
import type { NoisePredictor } from "../sampling/denoise.ts";
import { type GenerateOptions, generateOptionNames, type OutputType } from "../sampling/generate-options.ts";
import { type ImagePipelineOutput, toOutput } from "../sampling/image-output.ts";
import { resolveBatchSize } from "../sampling/resolve-batch.ts";
import {
  type ClassLabelsInput,
  ClassNames,
  drawClassLabels,
  type Id2Label,
  parseId2Label,
} from "./class-names.ts";
import { imageShapeOf, requireRunnable, type UNet2D, unet2DSlot } from "./unet-2d.ts";

/** The components of an unconditional or class-conditional UNet pipeline. */
export interface UNet2DComponents {
  /** The model: a `UNet2DModel`, or any object with the same methods. */
  readonly unet: UNet2D;
  readonly scheduler: Scheduler;
}

/** The settings of a UNet pipeline. */
export interface UNet2DSettings {
  /** Class names by class id; overrides the model index. */
  readonly id2label?: Id2Label | undefined;
}

/** The constructor argument of a UNet pipeline. */
export interface UNet2DParts extends UNet2DComponents, UNet2DSettings {}

/** Options of `fromPretrained` of a UNet pipeline. */
export interface PipelineFromPretrainedOptions extends LoadPipelineOptions {
  /** A model to use instead of the repository's; you remain responsible for disposing of it. */
  readonly unet?: UNet2D | null | undefined;
  /** A scheduler to use instead of the repository's. */
  readonly scheduler?: Scheduler | null | undefined;
  /** Class names by class id, overriding the repository's; `{}` for none. */
  readonly id2label?: Id2Label | null | undefined;
}

/** The `generate` options of every unconditional or class-conditional pipeline. All optional. */
export interface ClassConditionalGenerateOptions<Output extends OutputType = OutputType>
  extends GenerateOptions<Output> {
  /** The number of images. Defaults to the number of labels, generators or latents, or 1. */
  readonly batchSize?: number | undefined;
  /**
   * The class to generate, for class-conditional models: one for all images, or one per image. A class is a number from
   * 0 to `unet.config.numClassEmbeds - 1`, or a name if the checkpoint has class names (see `pipe.labels`). By default,
   * classes are drawn at random from the same generator, after the latents.
   */
  readonly classLabels?: ClassLabelsInput | undefined;
}

/** The names of {@link ClassConditionalGenerateOptions}. */
export const classConditionalOptionNames: OptionNames<ClassConditionalGenerateOptions> = {
  ...generateOptionNames,
  batchSize: true,
  classLabels: true,
};

/** The result of a UNet pipeline's `generate`. */
export interface ClassConditionalOutput<Output extends OutputType = "image">
  extends ImagePipelineOutput<Output> {
  /** The class of each image, given or drawn; `undefined` for a model without classes. */
  readonly classLabels: readonly number[] | undefined;
}

/** The initial state of a UNet pipeline's run. */
export interface UNet2DRun extends SamplingRun {
  /** The model, with the class of each image. */
  readonly predict: NoisePredictor;
  /** The class of each image, given or drawn; `undefined` for a model without classes. */
  readonly classLabels: readonly number[] | undefined;
}

/** How a UNet pipeline begins a run. */
export interface UNet2DRunSettings {
  /** The default of `numInferenceSteps`. */
  readonly defaultInferenceSteps: number;
  /** Whether a run begins with noise (default). If not, nothing is drawn, and it begins with zeros. */
  readonly isNoisy?: boolean | undefined;
}

/**
 * The keys for class names in `model_index.json`: the one diffusers' `DiTPipeline` reads, and one its other pipelines
 * ignore without a warning.
 */
const id2labelKeys = ["id2label", "_id2label"] as const;

/**
 * Reads the names of the model's classes; `undefined` if the index has none.
 *
 * @throws InvalidConfigError if they are not names by class id, or appear twice and differ.
 */
export function readId2Label({
  repository,
  modelIndex,
}: {
  readonly repository: Pick<PipelineSource["repository"], "name">;
  readonly modelIndex: Pick<PipelineSource["modelIndex"], "entries">;
}): Id2Label | undefined {
  const source = `${modelIndexName} of ${repository.name}`;
  const [first, second] = id2labelKeys.flatMap((key) => {
    const value = modelIndex.entries.get(key) ?? null;
    if (value === null) return [];
    return [parseId2Label(value, `${key} of ${source}`, (problem) => new InvalidConfigError(problem))];
  });
  if (second !== undefined && JSON.stringify(first) !== JSON.stringify(second)) {
    throw invalidModelIndex(source, `different names in ${id2labelKeys.join(" and ")}`, "one of the two");
  }
  return first;
}

/** The class-name entries of a `model_index.json`, under the key it already uses. */
export function id2LabelEntries(
  id2label: Id2Label,
  loaded: ReadonlyMap<string, PythonJson>,
): ReadonlyMap<string, PythonJson | undefined> {
  const used = id2labelKeys.find((key) => loaded.has(key)) ?? "_id2label";
  const value = Object.keys(id2label).length > 0 ? toPythonJson(id2label, "id2label") : undefined;
  return new Map(id2labelKeys.map((key) => [key, key === used ? value : undefined]));
}

/**
 * The base class of unconditional and class-conditional UNet pipelines.
 *
 * @example
 * function describe(pipe: UNet2DPipelineBase): string {
 *   return `${pipe.className}, ${pipe.unet.config.sampleSize} pixels`;
 * }
 */
export abstract class UNet2DPipelineBase<
  Components extends UNet2DComponents & ComponentRecord<Components> = UNet2DComponents,
> extends DiffusionPipelineBase<Components> {
  static override readonly components: ComponentSlots = {
    scheduler: {},
    unet: unet2DSlot,
  };

  /** Class names by class id; `undefined` if unknown. */
  readonly id2label: Id2Label | undefined;
  readonly #classNames: ClassNames;

  /** @throws InvalidArgumentError, InvalidConfigError if `id2label` does not name the classes of the model. */
  constructor(parts: Components & UNet2DSettings) {
    const { id2label, unet, scheduler, ...others } = parts ?? {};
    super({ unet, scheduler, ...others } as unknown as Components);
    this.id2label = id2label === undefined ? undefined : parseId2Label(id2label, "id2label");
    this.#classNames = new ClassNames(this.id2label, unet.config.numClassEmbeds);
  }

  /** The names of the settings, for {@link DiffusionPipelineBase.fromPretrained}. */
  static readonly settingNames: readonly string[] = ["id2label"];

  /** Class names; options take precedence over the index. */
  static readSettings(source: PipelineSource, { id2label }: UNet2DSettings): UNet2DSettings {
    return { id2label: id2label == null ? readId2Label(source) : parseId2Label(id2label, "id2label") };
  }

  /** The model. */
  get unet(): UNet2D {
    return this.components.unet;
  }

  override get settings(): UNet2DSettings {
    return { id2label: this.id2label };
  }

  /** The device of the model. */
  override get device(): Device {
    return this.unet.device;
  }

  /**
   * The ids of the model's classes by name, sorted; empty if they are unknown. Diffusers' `DiTPipeline.labels`.
   *
   * Ambiguous names are omitted: those shared by two classes, and those that read as another class's number.
   */
  get labels(): Readonly<Record<string, number>> {
    return this.#classNames.labels;
  }

  /**
   * Maps class names to ids; diffusers' `DiTPipeline.get_label_ids`. `generate` also accepts names directly.
   *
   * @example
   * pipe.getLabelIds(["fox", "pizza"]); // [8, 24]
   *
   * @throws InvalidArgumentError if a name is unknown, or names more than one class.
   */
  getLabelIds(label: string | readonly string[]): readonly number[] {
    const names = typeof label === "string" ? [label] : label;
    return names.map((name) => this.#classNames.idOf("label", name));
  }

  /**
   * Begins a run from noise. Validates all options, then draws the latents, then the labels if the model has classes and
   * none are given.
   *
   * @throws InvalidArgumentError if an option is invalid, or the scheduler cannot sample the model.
   */
  protected async beginRun(
    options: ClassConditionalGenerateOptions,
    settings: UNet2DRunSettings,
  ): Promise<UNet2DRun> {
    const { unet, scheduler } = this;
    const classLabels = this.resolveLabelNames(options.classLabels);
    requireRunnable({ config: unet.config, scheduler, outputType: options.outputType });
    const labelCount = typeof classLabels === "object" ? (classLabels?.length ?? 1) : 1;
    const batchSize = resolveBatchSize(options, [labelCount]);
    const given = this.checkLabels(classLabels, batchSize);
    const shape = [batchSize, ...imageShapeOf(unet.config)];
    const run = await this.beginSampling(options, { ...settings, shape });
    const labels = given ?? this.drawLabels(batchSize, run.generator);
    return { ...run, classLabels: labels, predict: this.predictor(labels, options.signal) };
  }

  /** The model, with the class of each image. */
  protected predictor(
    classLabels: ArrayLike<number> | undefined,
    signal: AbortSignal | undefined,
  ): NoisePredictor {
    const { unet } = this;
    return async (sample, timestep) => (await unet.forward({ sample, timestep, classLabels, signal })).sample;
  }

  /**
   * Class labels as numbers.
   *
   * @throws InvalidArgumentError if a name is unknown. Numbers are not checked.
   */
  protected resolveLabelNames(
    classLabels: ClassLabelsInput | undefined,
  ): number | ArrayLike<number> | undefined {
    if (classLabels === undefined) return undefined;
    return this.#classNames.toIds(classLabels);
  }

  /**
   * Validates class labels and broadcasts them over the batch; `undefined` if there are none.
   *
   * @throws InvalidArgumentError if a label is out of range, there are too many or too few, or the model has no classes.
   */
  protected checkLabels(
    classLabels: number | ArrayLike<number> | undefined,
    batchSize: number,
  ): readonly number[] | undefined {
    const { numClassEmbeds, classEmbedType } = this.unet.config;
    return resolveClassLabels({ numClassEmbeds, classEmbedType, classLabels, batchSize });
  }

  /** Draws a class for each image; `undefined` for a model without classes. */
  protected drawLabels(
    batchSize: number,
    generator: SamplingRun["generator"],
  ): readonly number[] | undefined {
    const { numClassEmbeds } = this.unet.config;
    return numClassEmbeds === null ? undefined : drawClassLabels(numClassEmbeds, batchSize, generator);
  }

  /** Builds the result of `generate` from pixels between 0 and 1. */
  protected async finish<Output extends OutputType>(
    { classLabels }: Pick<UNet2DRun, "classLabels">,
    pixels: Tensor<"float32">,
    { outputType }: { readonly outputType?: Output | undefined },
  ): Promise<ClassConditionalOutput<Output>> {
    return { ...(await toOutput(pixels, outputType)), classLabels };
  }

  protected override settingEntries(
    loaded: ReadonlyMap<string, PythonJson>,
  ): ReadonlyMap<string, PythonJson | undefined> {
    return this.id2label === undefined ? new Map() : id2LabelEntries(this.id2label, loaded);
  }
}
