import { InvalidArgumentError } from "@onestep/core";
import { describeValue, warn } from "@onestep/core/internal";
import type { RepositoryLocation } from "@onestep/hub";
import type { NoiseProcess, Scheduler } from "@onestep/schedulers";
import { type ComponentRecord, requireScheduler } from "../component/component.ts";
import type { ComponentSlots } from "../component/component-slots.ts";
import { DiffusionPipelineBase } from "../pipeline.ts";
import type { PipelineComponents } from "../pipeline-types.ts";
import { readNamedOptions } from "../sampling/generate-options.ts";
import {
  type ConditionalUNet,
  type LatentAutoencoder,
  type PromptTokenizer,
  type SafetyChecker,
  type StableDiffusionComponents,
  stableDiffusionSlots,
  type TextEncoder,
} from "./components.ts";
import { type Conditions, guidanceOf, readConditions, type Size } from "./conditions.ts";
import { correctSampleSize, correctScheduler } from "./correct-configs.ts";
import { checkLatentOutputType, type LatentSpace } from "./latent-images.ts";
import {
  type FuseLoraOptions,
  fuseLoraOptionNames,
  PipelineAdapters,
  type SetAdaptersOptions,
  setAdaptersOptionNames,
} from "./lora/adapters.ts";
import { type LoadLoraOptions, type LoraFile, loadLoraOptionNames, readLora } from "./lora/load-lora.ts";
import {
  addInversion,
  type LoadTextualInversionOptions,
  loadTextualInversionOptionNames,
  readTextualInversion,
  removeInversions,
} from "./lora/textual-inversion.ts";
import type { PromptRunOptions } from "./options.ts";

/** The components of every latent pipeline. */
export interface LatentComponents extends PipelineComponents {
  readonly vae: LatentAutoencoder;
  readonly unet: ConditionalUNet;
}

/** The state of a run. */
export interface RunContext {
  /** The class of the pipeline, for messages. */
  readonly pipeline: string;
  readonly latentSpace: LatentSpace;
  readonly unet: ConditionalUNet;
  /** A clone for this run. */
  readonly scheduler: Scheduler;
  readonly conditions: Conditions;
  readonly defaultSize: Size;
}

/** The base class of latent pipelines. */
export abstract class LatentDiffusionPipelineBase<
  Components extends LatentComponents & ComponentRecord<Components>,
> extends DiffusionPipelineBase<Components> {
  /** The noise process its models were trained on. */
  static readonly noiseProcess: NoiseProcess = "betas";

  readonly #warned = new Set<string>();

  /** Gives a warning about a prompt, unless this pipeline has given one of its kind. */
  protected readonly warnOnce = (kind: string, message: string): void => {
    if (!this.#warned.has(kind)) warn(message, "prompt");
    this.#warned.add(kind);
  };

  get vae(): LatentAutoencoder {
    return this.components.vae;
  }

  get unet(): ConditionalUNet {
    return this.components.unet;
  }

  /** The default image size: that of the training latents, decoded. */
  get defaultSize(): Size {
    const { scaleFactor } = this.vae;
    const sampleSize = this.trainedSize;
    const [height = 64, width = height] = typeof sampleSize === "number" ? [sampleSize] : (sampleSize ?? []);
    return { height: height * scaleFactor, width: width * scaleFactor };
  }

  /** The text encoders with their tokenizers: one, or two for Stable Diffusion XL. */
  protected get textEncoders(): readonly {
    readonly name: string;
    readonly tokenizer: PromptTokenizer | null;
    readonly textEncoder: TextEncoder | null;
  }[] {
    const { textEncoder, tokenizer, textEncoder2, tokenizer2 } = this.components as {
      readonly textEncoder?: TextEncoder | null;
      readonly tokenizer?: PromptTokenizer | null;
      readonly textEncoder2?: TextEncoder | null;
      readonly tokenizer2?: PromptTokenizer | null;
    };
    return [
      { name: "textEncoder", tokenizer: tokenizer ?? null, textEncoder: textEncoder ?? null },
      ...(textEncoder2 === undefined
        ? []
        : [{ name: "textEncoder2", tokenizer: tokenizer2 ?? null, textEncoder: textEncoder2 }]),
    ];
  }

  /**
   * Loads a LoRA adapter (Hu et al., 2021) in PEFT's format, diffusers' earlier ones, or kohya's. Model weights do not
   * change, and the matrices stay in their file. Its initial weight is 1; see {@link
   * LatentDiffusionPipelineBase.setAdapters}. Pipelines with the same models share it.
   *
   * @param source - A Hub id, a folder, a file, a URL, or what `openLora` returns.
   * @returns The name of the adapter.
   * @throws InvalidArgumentError if arrays of the file match no layer of the models, or have the wrong shape; nothing is
   * loaded.
   * @throws CheckpointError if the file is corrupt, or uses an algorithm other than LoRA.
   *
   * @example
   * await pipe.loadLoraWeights("latent-consistency/lcm-lora-sdv1-5", { adapterName: "lcm" });
   */
  async loadLoraWeights(source: RepositoryLocation | LoraFile, given: LoadLoraOptions = {}): Promise<string> {
    const options = readNamedOptions(`${this.className}.loadLoraWeights`, given, loadLoraOptionNames);
    const adapters = this.#adapters;
    const layers = await readLora(source, adapters.targets, options);
    return adapters.add(options.adapterName, layers);
  }

  /** The names of the loaded adapters. */
  get adapterNames(): readonly string[] {
    return this.#adapters.names;
  }

  /** The names of the active adapters. */
  get activeAdapters(): readonly string[] {
    return this.#adapters.active;
  }

  /**
   * Activates adapters with the given weights and deactivates all others, except fused ones.
   *
   * @throws InvalidArgumentError if an adapter is unknown, or a weight is not a number.
   */
  setAdapters(names: string | readonly string[], options: SetAdaptersOptions = {}): void {
    const subject = `${this.className}.setAdapters`;
    const { adapterWeights = 1 } = readNamedOptions(subject, options, setAdaptersOptionNames);
    this.#adapters.setWeights(typeof names === "string" ? [names] : names, adapterWeights);
  }

  /**
   * Fuses adapters at their current weights times a scale: later weights and per-call scales do not affect them until
   * {@link LatentDiffusionPipelineBase.unfuseLora}, and unloading keeps them, as in diffusers.
   */
  fuseLora(options: FuseLoraOptions = {}): void {
    const subject = `${this.className}.fuseLora`;
    const { adapterNames, loraScale } = readNamedOptions(subject, options, fuseLoraOptionNames);
    this.#adapters.fuse(adapterNames, loraScale);
  }

  /** Unfuses the fused adapters, restoring their previous state; those that were unloaded meanwhile are removed. */
  unfuseLora(): void {
    this.#adapters.unfuse();
  }

  /** Removes adapters by name. */
  deleteAdapters(names: string | readonly string[]): void {
    this.#adapters.remove(typeof names === "string" ? [names] : names);
  }

  /**
   * Removes all adapters, restoring the original output bit for bit. The effect of fused ones stays until {@link
   * LatentDiffusionPipelineBase.unfuseLora}, as in diffusers.
   */
  unloadLoraWeights(): void {
    this.#adapters.unload();
  }

  /**
   * Loads a textual inversion token (Gal et al., 2022) to use in prompts.
   *
   * @returns The token.
   * @throws InvalidArgumentError if the file has no token name, or its vectors are for another text encoder.
   * @throws CheckpointError if the file is not a textual inversion.
   *
   * @example
   * const token = await pipe.loadTextualInversion("sd-concepts-library/cat-toy");
   * await pipe.generate({ prompt: `a photo of ${token}` });
   */
  async loadTextualInversion(
    source: RepositoryLocation,
    given: LoadTextualInversionOptions = {},
  ): Promise<string> {
    const subject = `${this.className}.loadTextualInversion`;
    const options = readNamedOptions(subject, given, loadTextualInversionOptionNames);
    const { token, embeddings } = await readTextualInversion(source, options);
    const { first, second } = embeddings;
    const absent = { name: "textEncoder2", tokenizer: null, textEncoder: null };
    const [one = absent, two = absent] = this.textEncoders;
    addInversion(token, [
      { ...one, embeddings: first },
      { ...two, embeddings: second },
    ]);
    return token;
  }

  /** Removes a loaded token, or all of them if no name is given, restoring the original output. */
  unloadTextualInversion(tokens?: string | readonly string[]): void {
    const names = typeof tokens === "string" ? [tokens] : tokens;
    removeInversions(
      names,
      this.textEncoders.map(({ tokenizer }) => tokenizer),
    );
  }

  get #adapters(): PipelineAdapters {
    const [first, second] = this.textEncoders;
    const layers = (this.unet.config as { readonly layersPerBlock?: unknown }).layersPerBlock;
    return new PipelineAdapters(
      {
        unet: this.unet,
        ...(first?.textEncoder ? { text_encoder: first.textEncoder } : {}),
        ...(second?.textEncoder ? { text_encoder_2: second.textEncoder } : {}),
      },
      typeof layers === "number" ? layers : 0,
    );
  }

  /** How latents are decoded and images encoded. */
  protected get latentSpace(): LatentSpace {
    const { safetyChecker = null } = this.components as { readonly safetyChecker?: SafetyChecker | null };
    return { vae: this.vae, upcast: false, mean: null, std: null, safetyChecker };
  }

  /** The latent size the model was trained on. */
  protected get trainedSize(): number | readonly number[] | null {
    return this.unet.config.sampleSize;
  }

  /**
   * Prepares the conditioning of a run.
   *
   * @param guidanceScale - The default of the option.
   * @throws InvalidArgumentError if an option is invalid.
   */
  protected abstract readConditions(options: PromptRunOptions, guidanceScale: number): Conditions;

  /**
   * Begins a run: validates its options and clones the scheduler.
   *
   * @param guidanceScale - The default of the option.
   * @throws InvalidArgumentError if an option is invalid.
   */
  protected begin(options: PromptRunOptions, guidanceScale: number): RunContext {
    checkLatentOutputType(options.outputType);
    return {
      pipeline: this.className,
      latentSpace: this.latentSpace,
      unet: this.unet,
      conditions: this.readConditions(options, guidanceScale),
      scheduler: this.scheduler.clone(),
      defaultSize: this.defaultSize,
    };
  }
}

/** The base class of Stable Diffusion 1 and 2 pipelines; corrects early configs. */
export abstract class StableDiffusionPipelineBase extends LatentDiffusionPipelineBase<StableDiffusionComponents> {
  static override readonly components: ComponentSlots = stableDiffusionSlots;

  constructor(components: StableDiffusionComponents) {
    const scheduler: unknown = components?.scheduler;
    requireScheduler(scheduler);
    super({ ...components, scheduler: correctScheduler(scheduler) });
  }

  get textEncoder(): StableDiffusionComponents["textEncoder"] {
    return this.components.textEncoder;
  }

  get tokenizer(): StableDiffusionComponents["tokenizer"] {
    return this.components.tokenizer;
  }

  protected override get trainedSize(): number | readonly number[] | null {
    return correctSampleSize(this.unet.config);
  }

  protected override readConditions(options: PromptRunOptions, guidanceScale: number): Conditions {
    const { unet, textEncoder, tokenizer } = this;
    const guidance = guidanceOf(options, unet, guidanceScale);
    return readConditions(options, { unet, textEncoder, tokenizer, guidance, warnOnce: this.warnOnce });
  }
}

/** The base class of latent consistency model pipelines: guidance is embedded, and there is no negative prompt. */
export abstract class LatentConsistencyModelPipelineBase extends LatentDiffusionPipelineBase<StableDiffusionComponents> {
  static override readonly components: ComponentSlots = stableDiffusionSlots;

  get textEncoder(): StableDiffusionComponents["textEncoder"] {
    return this.components.textEncoder;
  }

  get tokenizer(): StableDiffusionComponents["tokenizer"] {
    return this.components.tokenizer;
  }

  protected override readConditions(options: PromptRunOptions, guidanceScale: number): Conditions {
    const { unet, textEncoder, tokenizer } = this;
    const guidance = { scale: options.guidanceScale ?? guidanceScale, rescale: 0, isGuided: false };
    return readConditions(options, { unet, textEncoder, tokenizer, guidance, warnOnce: this.warnOnce });
  }
}

/** @throws InvalidArgumentError unless the UNet's input channels match the latents plus any extra channels. */
export function requireChannels(
  pipeline: string,
  found: number,
  expected: readonly number[],
  remedy: string,
): void {
  if (expected.includes(found)) return;
  throw new InvalidArgumentError({
    subject: `unet of ${pipeline}`,
    found: `one that takes ${describeValue(found)} channels`,
    expected: `one that takes ${expected.join(" or ")}`,
    remedy,
  });
}
