import { InvalidArgumentError } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import type { RepositoryLocation } from "@onestep/hub";
import type { NoiseProcess, Scheduler } from "@onestep/schedulers";
import { type ComponentRecord, requireScheduler } from "../component/component.ts";
import type { ComponentSlots } from "../component/component-slots.ts";
import { DiffusionPipelineBase, type PipelineComponents } from "../pipeline.ts";
import {
  type ConditionalUNet,
  type LatentAutoencoder,
  type PromptTokenizer,
  type StableDiffusionComponents,
  stableDiffusionSlots,
  type TextEncoder,
} from "./components.ts";
import { type Conditions, guidanceOf, readConditions, type Size } from "./conditions.ts";
import { correctSampleSize, correctScheduler } from "./correct-configs.ts";
import { checkLatentOutputType } from "./latent-images.ts";
import { type AdapterWeights, PipelineAdapters } from "./lora/adapters.ts";
import { type LoadLoraOptions, readLora } from "./lora/load-lora.ts";
import {
  addInversion,
  type LoadTextualInversionOptions,
  readTextualInversion,
  removeInversions,
} from "./lora/textual-inversion.ts";
import type { PromptRunOptions } from "./options.ts";

/** The components that every pipeline over latents has. */
export interface LatentComponents extends PipelineComponents {
  readonly vae: LatentAutoencoder;
  readonly unet: ConditionalUNet;
}

/** What a run works with. */
export interface RunContext {
  /** The class of the pipeline, for messages. */
  readonly pipeline: string;
  readonly vae: LatentAutoencoder;
  readonly unet: ConditionalUNet;
  /** Of this run alone. */
  readonly scheduler: Scheduler;
  readonly conditions: Conditions;
  readonly defaultSize: Size;
}

/** What pipelines over latents share. */
export abstract class LatentDiffusionPipelineBase<
  Components extends LatentComponents & ComponentRecord<Components>,
> extends DiffusionPipelineBase<Components> {
  /** What its models were trained on. */
  static readonly noiseProcess: NoiseProcess = "betas";

  get vae(): LatentAutoencoder {
    return this.components.vae;
  }

  get unet(): ConditionalUNet {
    return this.components.unet;
  }

  /** The size of images by default: that of the latents that the model was trained on, decoded. */
  get defaultSize(): Size {
    const { scaleFactor } = this.vae;
    const sampleSize = this.trainedSize;
    const [height = 64, width = height] = typeof sampleSize === "number" ? [sampleSize] : (sampleSize ?? []);
    return { height: height * scaleFactor, width: width * scaleFactor };
  }

  /** The text encoders, with their tokenizers: the first, and the second of Stable Diffusion XL. */
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
   * Loads a LoRA adapter (Hu et al., 2021) beside the models: PEFT's format, diffusers' earlier ones, or kohya's. The models' own
   * weights are not changed, and the matrices stay in their file. It has the weight 1; see
   * {@link LatentDiffusionPipelineBase.setAdapters}. Pipelines that share the models share it.
   *
   * @param source - A Hub id, a folder, a file, or a URL.
   * @returns The name of the adapter.
   * @throws InvalidArgumentError where arrays of the file match no layer of the models, or have other shapes; nothing is loaded.
   * @throws CheckpointError where the file is damaged, or of another algorithm than LoRA.
   *
   * @example
   * await pipe.loadLoraWeights("latent-consistency/lcm-lora-sdv1-5", { adapterName: "lcm" });
   */
  async loadLoraWeights(source: RepositoryLocation, options: LoadLoraOptions = {}): Promise<string> {
    const adapters = this.#adapters;
    const layers = await readLora(source, adapters.targets, options);
    return adapters.add(options.adapterName, layers);
  }

  /** The names of the adapters that are loaded. */
  get adapterNames(): readonly string[] {
    return this.#adapters.names;
  }

  /** The names of the adapters that have an effect. */
  get activeAdapters(): readonly string[] {
    return this.#adapters.active;
  }

  /**
   * Chooses adapters and their weights; others have no effect from then on, but for those that are fused.
   *
   * @throws InvalidArgumentError where there is no adapter of a name, or a weight is not a number.
   */
  setAdapters(
    names: string | readonly string[],
    { adapterWeights = 1 }: { readonly adapterWeights?: AdapterWeights | undefined } = {},
  ): void {
    this.#adapters.setWeights(typeof names === "string" ? [names] : names, adapterWeights);
  }

  /**
   * Fixes adapters as they are, multiplied by a scale: weights and the scale of a call do not change them until
   * {@link LatentDiffusionPipelineBase.unfuseLora}, and unloading leaves them, as in diffusers.
   */
  fuseLora(
    options: {
      readonly loraScale?: number | undefined;
      readonly adapterNames?: readonly string[] | undefined;
    } = {},
  ): void {
    this.#adapters.fuse(options.adapterNames, options.loraScale);
  }

  /** Frees the adapters that are fused: they are as they were before. */
  unfuseLora(): void {
    this.#adapters.unfuse();
  }

  /** Removes adapters by name. */
  deleteAdapters(names: string | readonly string[]): void {
    this.#adapters.remove(typeof names === "string" ? [names] : names);
  }

  /** Removes all adapters that are not fused. Images are then as they were before, to the bit. */
  unloadLoraWeights(): void {
    this.#adapters.remove();
  }

  /**
   * Loads a token of textual inversion (Gal et al., 2022), which prompts can then contain.
   *
   * @returns The token.
   * @throws InvalidArgumentError where the file names no token, or its vectors are for another text encoder.
   * @throws CheckpointError where the file holds something else.
   *
   * @example
   * const token = await pipe.loadTextualInversion("sd-concepts-library/cat-toy");
   * await pipe.generate({ prompt: `a photo of ${token}` });
   */
  async loadTextualInversion(
    source: RepositoryLocation,
    options: LoadTextualInversionOptions = {},
  ): Promise<string> {
    const { token, embeddings } = await readTextualInversion(source, options);
    const vectors = [embeddings.first, embeddings.second];
    addInversion(
      token,
      this.textEncoders.map((target, index) => ({ ...target, embeddings: vectors[index] })),
    );
    return token;
  }

  /** Removes tokens that were loaded; all of them without a name. Images are then as they were before. */
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

  /** The size of latents that the model was trained on. */
  protected get trainedSize(): number | readonly number[] | null {
    return this.unet.config.sampleSize;
  }

  /**
   * What a run is conditioned on.
   *
   * @param guidanceScale - The default of the option.
   * @throws InvalidArgumentError where an option is wrong.
   */
  protected abstract readConditions(options: PromptRunOptions, guidanceScale: number): Conditions;

  /**
   * Begins a run: checks its options and clones the scheduler.
   *
   * @param guidanceScale - The default of the option.
   * @throws InvalidArgumentError where an option is wrong.
   */
  protected begin(options: PromptRunOptions, guidanceScale: number): RunContext {
    checkLatentOutputType(options.outputType);
    return {
      pipeline: this.className,
      vae: this.vae,
      unet: this.unet,
      conditions: this.readConditions(options, guidanceScale),
      scheduler: this.scheduler.clone(),
      defaultSize: this.defaultSize,
    };
  }
}

/** What pipelines of Stable Diffusion 1 and 2 share; corrections of early configs are among it. */
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
    return readConditions(options, { unet, textEncoder, tokenizer, guidance });
  }
}

/** What pipelines of latent consistency models share: guidance is embedded, and there is no negative prompt. */
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
    return readConditions(options, { unet, textEncoder, tokenizer, guidance });
  }
}

/** @throws InvalidArgumentError unless the UNet takes as many channels as the latents have, and those beside them. */
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
