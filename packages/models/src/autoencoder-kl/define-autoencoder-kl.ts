import { cast, type Scope, type Value } from "@onestep/graph";
import { attention } from "../layers/attention.ts";
import { convolutionLayer } from "../layers/modules.ts";
import { outputProjection } from "../layers/output-projection.ts";
import { downsample2D, upsample2D } from "../layers/resampling.ts";
import { type ResnetBlockOptions, resnetBlock } from "../layers/resnet-block.ts";
import type { AutoencoderKLConfigValues } from "./autoencoder-kl-config.ts";

/** Added to the variance in all norms, regardless of the config. */
const epsilon = 1e-6;

/**
 * From latents to an image: `latents` float32 [batch, latent channels, height, width] give `image` [batch, channels, 2ⁿ · height,
 * 2ⁿ · width], with n + 1 blocks (diffusers `models/autoencoders/vae.py`, `Decoder`).
 *
 * @throws GraphError if the parts do not fit together.
 */
export function defineDecoder(
  scope: Scope,
  config: AutoencoderKLConfigValues,
): Readonly<Record<string, Value>> {
  const { latentChannels, layersPerBlock, outChannels } = config;
  const latents = cast(
    scope.input("latents", "float32", ["batch", latentChannels, "height", "width"]),
    "compute",
  );
  let value = config.usePostQuantConv
    ? convolutionLayer(latents, scope.child("post_quant_conv"), {
        outChannels: latentChannels,
        kernelSize: 1,
      })
    : latents;
  const decoder = scope.child("decoder");
  const channels = config.blockOutChannels.toReversed();
  value = convolutionLayer(value, decoder.child("conv_in"), {
    outChannels: channels[0] as number,
    kernelSize: 3,
  });
  value = decoder.within("mid_block", (part) => midBlock(value, part, config));
  for (const [index, blockChannels] of channels.entries()) {
    const options = resnetOptions(config, blockChannels);
    value = decoder.within(`up_blocks.${index}`, (block) => {
      const image = resnets(value, block, layersPerBlock + 1, options);
      const isLast = index === channels.length - 1;
      return isLast ? image : block.within("upsamplers.0", (part) => upsample2D(image, part));
    });
  }
  return { image: projection(value, decoder, config, outChannels) };
}

/**
 * From an image to the distribution of its latents: `image` float32 [batch, channels, 2ⁿ · height, 2ⁿ · width] gives `moments`
 * [batch, 2 · latent channels, height, width], mean and logarithm of the variance (diffusers
 * `models/autoencoders/vae.py`, `Encoder`).
 *
 * @throws GraphError if the parts do not fit together.
 */
export function defineEncoder(
  scope: Scope,
  config: AutoencoderKLConfigValues,
): Readonly<Record<string, Value>> {
  const { blockOutChannels, inChannels, latentChannels, layersPerBlock } = config;
  const encoder = scope.child("encoder");
  const image = cast(scope.input("image", "float32", ["batch", inChannels, "height", "width"]), "compute");
  let value = convolutionLayer(image, encoder.child("conv_in"), {
    outChannels: blockOutChannels[0] as number,
    kernelSize: 3,
  });
  for (const [index, blockChannels] of blockOutChannels.entries()) {
    const options = resnetOptions(config, blockChannels);
    value = encoder.within(`down_blocks.${index}`, (block) => {
      const hidden = resnets(value, block, layersPerBlock, options);
      const isLast = index === blockOutChannels.length - 1;
      return isLast ? hidden : block.within("downsamplers.0", (part) => downsample2D(hidden, part, 0));
    });
  }
  value = encoder.within("mid_block", (part) => midBlock(value, part, config));
  const moments = projection(value, encoder, config, 2 * latentChannels);
  return {
    moments: config.useQuantConv
      ? convolutionLayer(moments, scope.child("quant_conv"), {
          outChannels: 2 * latentChannels,
          kernelSize: 1,
        })
      : moments,
  };
}

function resnets(value: Value, scope: Scope, count: number, options: ResnetBlockOptions): Value {
  let hidden = value;
  for (let layer = 0; layer < count; layer += 1) {
    hidden = scope.within(`resnets.${layer}`, (part) => resnetBlock(hidden, undefined, part, options));
  }
  return hidden;
}

/** A residual block, attention of one head over all channels, a residual block; diffusers' `UNetMidBlock2D`. */
function midBlock(value: Value, scope: Scope, config: AutoencoderKLConfigValues): Value {
  const channels = config.blockOutChannels.at(-1) as number;
  const options = resnetOptions(config, channels);
  let hidden = scope.within("resnets.0", (part) => resnetBlock(value, undefined, part, options));
  if (config.midBlockAddAttention) {
    const head = { headDimension: channels, groups: config.normNumGroups, epsilon };
    hidden = scope.within("attentions.0", (part) => attention(hidden, part, head));
  }
  return scope.within("resnets.1", (part) => resnetBlock(hidden, undefined, part, options));
}

function projection(
  value: Value,
  scope: Scope,
  config: AutoencoderKLConfigValues,
  outChannels: number,
): Value {
  return outputProjection(value, scope, {
    names: { norm: "conv_norm_out", convolution: "conv_out" },
    outChannels,
    groups: config.normNumGroups,
    epsilon,
  });
}

function resnetOptions(config: AutoencoderKLConfigValues, outChannels: number): ResnetBlockOptions {
  return {
    outChannels,
    groups: config.normNumGroups,
    epsilon,
    activation: config.actFn,
    timeScaleShift: "default",
  };
}
