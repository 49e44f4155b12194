import type { Tensor } from "@onestep/core";
import {
  activate,
  add,
  cast,
  constant,
  div,
  imageShape,
  mul,
  relu,
  type Scope,
  sub,
  tanh,
  upsampleNearest2d,
  type Value,
} from "@onestep/graph";
import { type AutoencoderOptions, requireImages } from "../autoencoder-kl/autoencoder-kl.ts";
import type { ModelDefinition } from "../definition.ts";
import { convolutionLayer } from "../layers/modules.ts";
import { Model, type ModelLoader } from "../model.ts";
import { type AutoencoderTinyConfigValues, autoencoderTinyConfigSchema } from "./autoencoder-tiny-config.ts";

const definition: ModelDefinition<AutoencoderTinyConfigValues> = {
  className: "AutoencoderTiny",
  configSchema: autoencoderTinyConfigSchema,
  define: defineDecoder,
  methods: { encode: defineEncoder },
  symbols: () => ({ height: 64, width: 64 }),
  fieldsOf: (path) => [`${path.startsWith("encoder") ? "encoder" : "decoder"}_block_out_channels`],
};

/**
 * A small autoencoder distilled from Stable Diffusion's (TAESD, by O. Bohan): a twentieth of the compute for slightly softer
 * images; diffusers' `AutoencoderTiny`.
 *
 * @example
 * const vae = await AutoencoderTiny.fromPretrained("madebyollin/taesd");
 * const { sample } = await vae.decode(latents);
 */
export class AutoencoderTiny extends Model<AutoencoderTinyConfigValues> {
  /** Loads the model; see {@link Model.fromPretrained}. */
  declare static readonly fromPretrained: ModelLoader<AutoencoderTiny>;
  static readonly definition: ModelDefinition<AutoencoderTinyConfigValues> = definition;

  /** Downsampling factor from image to latents. */
  get scaleFactor(): number {
    return 2 ** (this.config.encoderBlockOutChannels.length - 1);
  }

  /** Does nothing: tiling is not needed. Provided for code that works with any autoencoder. */
  enableTiling(): void {}

  /** Does nothing; see {@link AutoencoderTiny.enableTiling}. */
  enableSlicing(): void {}

  /**
   * Decodes latents to images.
   *
   * @param latents - [batch, `latentChannels`, height, width].
   * @returns Images, [batch, `outChannels`, factor · height, factor · width], around −1 to 1.
   * @throws InvalidArgumentError if the shape does not fit.
   * @throws DisposedError after {@link AutoencoderTiny.dispose}.
   */
  async decode(
    latents: Tensor<"float32">,
    { signal, upcast = false }: AutoencoderOptions = {},
  ): Promise<{ readonly sample: Tensor<"float32"> }> {
    this.requireLoaded();
    requireImages("latents", latents, this.config.latentChannels, 1);
    const [, , height = 0, width = 0] = latents.shape;
    const sample = await this.runInRange("decode", upcast, async (dtype) => {
      const { image } = await this.run({ latents }, { symbols: { height, width }, dtype, signal });
      return image as Tensor<"float32">;
    });
    return { sample };
  }

  /**
   * Encodes images.
   *
   * @param images - [batch, `inChannels`, height, width], −1 to 1; sizes are multiples of {@link AutoencoderTiny.scaleFactor}.
   * @throws InvalidArgumentError if the shape does not fit.
   * @throws DisposedError after {@link AutoencoderTiny.dispose}.
   */
  async encode(
    images: Tensor<"float32">,
    { signal, upcast = false }: AutoencoderOptions = {},
  ): Promise<{ readonly latents: Tensor<"float32"> }> {
    this.requireLoaded();
    requireImages("images", images, this.config.inChannels, this.scaleFactor);
    const [, , height = 0, width = 0] = images.shape;
    const encoded = await this.runInRange("encode", upcast, async (dtype) => {
      const symbols = { height, width };
      const { latents } = await this.run({ image: images }, { method: "encode", symbols, dtype, signal });
      return latents as Tensor<"float32">;
    });
    return { latents: encoded };
  }
}

/** `latents` float32 [batch, latent channels, height, width] give `image` (diffusers `vae.py`, `DecoderTiny`). */
function defineDecoder(scope: Scope, config: AutoencoderTinyConfigValues): Readonly<Record<string, Value>> {
  const { decoderBlockOutChannels: channels, numDecoderBlocks, actFn } = config;
  const latents = scope.input("latents", "float32", ["batch", config.latentChannels, "height", "width"]);
  const layers = new Sequential(scope.child("decoder.layers"));
  const clamped = cast(mul(tanh(div(latents, constant([3]))), constant([3])), "compute");
  let value = layers.convolution(clamped, channels[0] as number);
  value = layers.plain(activate(value, actFn));
  for (const [stage, blocks] of numDecoderBlocks.entries()) {
    const width = channels[stage] as number;
    for (let block = 0; block < blocks; block += 1) value = layers.block(value, width, actFn);
    if (stage === channels.length - 1) break;
    value = layers.plain(upsampleNearest2d(value, config.upsamplingScalingFactor));
    value = layers.convolution(value, width, { bias: false });
  }
  const image = cast(layers.convolution(value, config.outChannels), "float32");
  return { image: sub(mul(image, constant([2])), constant([1])) };
}

/** `image` float32, −1 to 1, gives `latents` (diffusers `vae.py`, `EncoderTiny`). */
function defineEncoder(scope: Scope, config: AutoencoderTinyConfigValues): Readonly<Record<string, Value>> {
  const { encoderBlockOutChannels: channels, numEncoderBlocks, actFn } = config;
  const image = scope.input("image", "float32", ["batch", config.inChannels, "height", "width"]);
  const layers = new Sequential(scope.child("encoder.layers"));
  let value = cast(div(add(image, constant([1])), constant([2])), "compute");
  for (const [stage, blocks] of numEncoderBlocks.entries()) {
    const width = channels[stage] as number;
    value = layers.convolution(value, width, stage === 0 ? {} : { stride: 2, bias: false });
    for (let block = 0; block < blocks; block += 1) value = layers.block(value, width, actFn);
  }
  return { latents: cast(layers.convolution(value, config.latentChannels), "float32") };
}

/** Modules named by index, counting those without weights; `torch.nn.Sequential`. */
class Sequential {
  readonly #scope: Scope;
  #count = 0;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** A 3×3 convolution. */
  convolution(
    value: Value,
    outChannels: number,
    options: { readonly stride?: number; readonly bias?: boolean } = {},
  ): Value {
    return convolutionLayer(value, this.#next(), { outChannels, kernelSize: 3, ...options });
  }

  /** A module without weights. */
  plain(value: Value): Value {
    this.#next();
    return value;
  }

  /** Three convolutions with a residual; diffusers' `AutoencoderTinyBlock`. */
  block(value: Value, outChannels: number, actFn: AutoencoderTinyConfigValues["actFn"]): Value {
    const scope = this.#next();
    const convolve = (input: Value, index: number): Value =>
      convolutionLayer(input, scope.child(`conv.${index}`), { outChannels, kernelSize: 3 });
    const hidden = activate(convolve(activate(convolve(value, 0), actFn), 2), actFn);
    const isSame = imageShape(value).channels === outChannels;
    const residual = isSame
      ? value
      : convolutionLayer(value, scope.child("skip"), { outChannels, kernelSize: 1, bias: false });
    return relu(add(convolve(hidden, 4), residual));
  }

  #next(): Scope {
    const scope = this.#scope.child(String(this.#count));
    this.#count += 1;
    return scope;
  }
}
