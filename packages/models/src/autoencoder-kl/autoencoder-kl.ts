import { type Generator, InvalidArgumentError, randnTensor, Tensor } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import type { ModelDefinition } from "../definition.ts";
import { Model, type ModelLoader } from "../model.ts";
import { type AutoencoderKLConfigValues, autoencoderKLConfigSchema } from "./autoencoder-kl-config.ts";
import { defineDecoder, defineEncoder } from "./define-autoencoder-kl.ts";
import { decodeInTiles, encodeInTiles } from "./tiles.ts";

/** Options of the methods of autoencoders. */
export interface AutoencoderOptions {
  /**
   * Whether to compute in float32 also where the model computes in float16: for autoencoders whose config says
   * `forceUpcast`, and that do not work in float16 (Stable Diffusion XL's). By default float32 is used once a result in
   * float16 is not finite.
   */
  readonly upcast?: boolean | undefined;
  /** Aborting rejects immediately. */
  readonly signal?: AbortSignal | undefined;
}

const definition: ModelDefinition<AutoencoderKLConfigValues> = {
  className: "AutoencoderKL",
  configSchema: autoencoderKLConfigSchema,
  define: defineDecoder,
  methods: { encode: defineEncoder },
  symbols(config) {
    const size = Math.max(1, Math.floor(config.sampleSize / factorOf(config)));
    return { height: size, width: size };
  },
  isOddSize: () => false,
  fieldsOf: (path) => [
    "block_out_channels",
    ...(path.includes("norm") ? ["norm_num_groups"] : []),
    ...(path.endsWith("quant_conv") ? ["latent_channels"] : []),
  ],
  // Names of the attention layers before diffusers 0.12.
  formerNames: { to_q: "query", to_k: "key", to_v: "value", "to_out.0": "proj_attn" },
};

/**
 * A variational autoencoder with a KL loss (Kingma and Welling, 2013; Rombach et al., 2022) that maps images to Stable
 * Diffusion's latents and back; diffusers' `AutoencoderKL`.
 *
 * The decoder is loaded immediately, the encoder on first use. Decoding needs memory for the activations of the last blocks:
 * 268 MB for 512×512 pixels in float32, and four times as much for twice the width and height. Use
 * {@link AutoencoderKL.enableTiling} and {@link AutoencoderKL.enableSlicing} to reduce it.
 *
 * @example
 * const vae = await AutoencoderKL.fromPretrained("SimianLuo/LCM_Dreamshaper_v7", { subfolder: "vae" });
 * const { sample } = await vae.decode(latents.div(vae.config.scalingFactor));
 */
export class AutoencoderKL extends Model<AutoencoderKLConfigValues> {
  /** Loads the model; see {@link Model.fromPretrained}. */
  declare static readonly fromPretrained: ModelLoader<AutoencoderKL>;
  static readonly definition: ModelDefinition<AutoencoderKLConfigValues> = definition;
  #isTiling = false;
  #isSlicing = false;

  /** Downsampling factor from image to latents: 8 for Stable Diffusion. */
  get scaleFactor(): number {
    return factorOf(this.config);
  }

  /**
   * Encodes and decodes images larger than `sampleSize` in overlapping, blended tiles. This saves memory, but colours may
   * shift slightly between tiles, as each is normalised separately.
   */
  enableTiling(isEnabled = true): void {
    this.#isTiling = isEnabled;
  }

  /** Encodes and decodes the images of a batch one at a time. */
  enableSlicing(isEnabled = true): void {
    this.#isSlicing = isEnabled;
  }

  /**
   * Decodes latents to images.
   *
   * @param latents - [batch, `latentChannels`, height, width], divided by `scalingFactor`.
   * @returns Images, [batch, `outChannels`, factor · height, factor · width], around −1 to 1.
   * @throws InvalidArgumentError if the shape does not fit.
   * @throws DisposedError after {@link AutoencoderKL.dispose}.
   */
  async decode(
    latents: Tensor<"float32">,
    { signal, upcast = false }: AutoencoderOptions = {},
  ): Promise<{ readonly sample: Tensor<"float32"> }> {
    this.requireLoaded();
    requireImages("latents", latents, this.config.latentChannels, 1);
    const decode = (tile: Tensor<"float32">): Promise<Tensor<"float32">> =>
      this.runInRange("decode", upcast, async (dtype) => {
        const [, , height = 0, width = 0] = tile.shape;
        const { image } = await this.run({ latents: tile }, { symbols: { height, width }, dtype, signal });
        return image as Tensor<"float32">;
      });
    const { sampleSize } = this.config;
    const tiles = { sampleSize, factor: this.scaleFactor };
    const whole = this.#isTiling ? (value: Tensor<"float32">) => decodeInTiles(value, decode, tiles) : decode;
    return { sample: await this.#perImage(latents, whole) };
  }

  /**
   * Encodes images.
   *
   * @param images - [batch, `inChannels`, height, width], −1 to 1; sizes are multiples of {@link AutoencoderKL.scaleFactor}.
   * @throws InvalidArgumentError if the shape does not fit.
   * @throws DisposedError after {@link AutoencoderKL.dispose}.
   */
  async encode(
    images: Tensor<"float32">,
    { signal, upcast = false }: AutoencoderOptions = {},
  ): Promise<{ readonly latentDist: DiagonalGaussianDistribution }> {
    this.requireLoaded();
    requireImages("images", images, this.config.inChannels, this.scaleFactor);
    const encode = (tile: Tensor<"float32">): Promise<Tensor<"float32">> =>
      this.runInRange("encode", upcast, async (dtype) => {
        const [, , height = 0, width = 0] = tile.shape;
        const { moments } = await this.run(
          { image: tile },
          { method: "encode", symbols: { height, width }, dtype, signal },
        );
        return moments as Tensor<"float32">;
      });
    const { sampleSize } = this.config;
    const tiles = { sampleSize, factor: this.scaleFactor };
    const whole = this.#isTiling ? (value: Tensor<"float32">) => encodeInTiles(value, encode, tiles) : encode;
    return { latentDist: new DiagonalGaussianDistribution(await this.#perImage(images, whole)) };
  }

  async #perImage(
    batch: Tensor<"float32">,
    compute: (images: Tensor<"float32">) => Promise<Tensor<"float32">>,
  ): Promise<Tensor<"float32">> {
    const [count = 0] = batch.shape;
    if (!this.#isSlicing || count <= 1) return compute(batch);
    const results: Tensor<"float32">[] = [];
    for (let item = 0; item < count; item += 1) results.push(await compute(batch.slice(item, item + 1)));
    return Tensor.concat(results);
  }
}

/** A diagonal Gaussian distribution over latents (diffusers `models/autoencoders/vae.py`). */
export class DiagonalGaussianDistribution {
  /** [batch, channels, height, width]. */
  readonly mean: Tensor<"float32">;
  /** The logarithm of the variance, from −30 to 20. */
  readonly logvar: Tensor<"float32">;

  /** @param moments - Mean and logarithm of the variance, [batch, 2 · channels, height, width]. */
  constructor(moments: Tensor<"float32">) {
    const [batch = 0, both = 0, height = 0, width = 0] = moments.shape;
    const shape = [batch, both / 2, height, width];
    const length = (both / 2) * height * width;
    const [mean, logvar] = [new Float32Array(batch * length), new Float32Array(batch * length)];
    for (let item = 0; item < batch; item += 1) {
      const start = 2 * item * length;
      mean.set(moments.data.subarray(start, start + length), item * length);
      logvar.set(moments.data.subarray(start + length, start + 2 * length), item * length);
    }
    this.mean = new Tensor("float32", mean, shape);
    this.logvar = new Tensor("float32", logvar, shape).clamp(-30, 20);
  }

  /** Draws latents: mean + exp(logvar / 2) · noise. */
  sample(generator: Generator | readonly Generator[]): Tensor<"float32"> {
    const noise = randnTensor(this.mean.shape, generator);
    const { data: mean } = this.mean;
    const { data: logvar } = this.logvar;
    const drawn = noise.data.map((value, index) => {
      const deviation = Math.fround(Math.exp(Math.fround(0.5 * (logvar[index] as number))));
      return (mean[index] as number) + Math.fround(deviation * value);
    });
    return new Tensor("float32", drawn, this.mean.shape);
  }

  /** The most likely latents: the mean. */
  mode(): Tensor<"float32"> {
    return this.mean;
  }
}

function factorOf({ blockOutChannels }: Pick<AutoencoderKLConfigValues, "blockOutChannels">): number {
  return 2 ** (blockOutChannels.length - 1);
}

/**
 * Checks the input of an autoencoder.
 *
 * @param factor - Height and width must be multiples of this.
 * @throws InvalidArgumentError if the shape does not fit.
 */
export function requireImages(
  subject: string,
  value: Tensor<"float32">,
  channels: number,
  factor: number,
): void {
  const [batch = 0, found, height = 0, width = 0, ...rest] = value?.shape ?? [];
  const isSize = [height, width].every((length) => length >= 1 && length % factor === 0);
  if (value?.dtype === "float32" && batch >= 1 && found === channels && isSize && rest.length === 0) return;
  throw new InvalidArgumentError({
    subject,
    found: value?.dtype === undefined ? describeValue(value) : value.describe(),
    expected: `float32 [batch, ${channels}, height, width]${factor === 1 ? "" : `, height and width multiples of ${factor}`}`,
    remedy: "Pass a tensor of that shape.",
  });
}
