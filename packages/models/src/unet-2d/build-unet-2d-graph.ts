import type { Precision } from "@onestep/runtime";
import { GraphBuilder } from "../graph/graph-builder.ts";
import type { GraphValue } from "../graph/graph-value.ts";
import { activate } from "../graph/operators/activations.ts";
import { add, castTo, divide, multiply, subtract } from "../graph/operators/elementwise.ts";
import { reshape } from "../graph/operators/shaping.ts";
import { convolutionLayer } from "../layers/convolution-layer.ts";
import { outputProjection } from "../layers/output-projection.ts";
import { WeightScope, type WeightSource } from "../layers/weight-scope.ts";
import { ascend, descend } from "./block-stacks.ts";
import { checkUNet2DModelConfig } from "./check-unet-2d-model-config.ts";
import { midBlock } from "./mid-block.ts";
import { normGroups } from "./norm-groups.ts";
import { sampleSizeOf } from "./sample-size.ts";
import { timeEmbedding } from "./time-embedding.ts";
import { unet2DGraphNames } from "./unet-2d-graph-names.ts";
import type { UNet2DModelConfigValues } from "./unet-2d-model-config.ts";

/**
 * The ONNX graph of a UNet2DModel (diffusers `models/unets/unet_2d.py`), its weights by reference. Its inputs and its
 * output are called as in `unet2DGraphNames`.
 *
 * A layer computes in the type of the image that goes into it, so the precision enters where the image and the time
 * embedding do. What needs float32 casts on its own: the embedding of timesteps and labels, the statistics of norms,
 * scores and softmax of attention, the projection to the output.
 *
 * @param precision - What to compute in. Inputs and outputs are float32, whatever this is.
 * @returns A serialised ModelProto of a few hundred kilobytes, whatever the size of the weights.
 * @throws InvalidConfigError, UnsupportedError - see {@link checkUNet2DModelConfig}.
 */
export function buildUNet2DGraph(
  config: UNet2DModelConfigValues,
  source: WeightSource,
  precision: Precision = "float32",
): Uint8Array {
  return defineUNet2DGraph(config, source, precision).build();
}

/** The same graph before it is serialised. */
export function defineUNet2DGraph(
  config: UNet2DModelConfigValues,
  source: WeightSource,
  precision: Precision = "float32",
): GraphBuilder {
  checkUNet2DModelConfig(config);
  const builder = new GraphBuilder();
  const scope = new WeightScope(builder, source);
  const { height, width } = sampleSizeOf(config);
  const sample = builder.input(unet2DGraphNames.sample, "float32", [
    "batch",
    config.inChannels,
    height,
    width,
  ]);
  const { timestep, embedding } = timeEmbedding(builder, config, scope);
  const activatedTime = castTo(builder, activate(builder, embedding, config.actFn), precision);
  const context = { builder, config, time: castTo(builder, embedding, precision), activatedTime };

  const firstChannels = config.blockOutChannels[0] as number;
  const centered = castTo(builder, config.centerInputSample ? center(builder, sample) : sample, precision);
  const entry = convolutionLayer(builder, centered, scope.child("conv_in"), {
    outChannels: firstChannels,
    kernelSize: 3,
  });
  const { value: bottom, skips } = descend(context, centered, entry, scope);
  const middle = config.midBlockType === null ? bottom : midBlock(context, bottom, scope.child("mid_block"));
  const { value: top, skipSample } = ascend(context, middle, skips, scope);

  const prediction = outputProjection(builder, top, scope, {
    names: { norm: "conv_norm_out", convolution: "conv_out" },
    outChannels: config.outChannels,
    groups: normGroups(config, firstChannels),
    epsilon: config.normEps,
  });
  const sum = skipSample === undefined ? prediction : add(builder, prediction, skipSample);
  const output = config.timeEmbeddingType === "fourier" ? divideByTimestep(builder, sum, timestep) : sum;
  builder.output(unet2DGraphNames.modelOutput, output);
  return builder;
}

function center(builder: GraphBuilder, sample: GraphValue): GraphValue {
  return subtract(builder, multiply(builder, sample, builder.floats([2])), builder.floats([1]));
}

/** The timestep of a model with a Fourier embedding is a noise level, and its output a score. */
function divideByTimestep(builder: GraphBuilder, value: GraphValue, timestep: GraphValue): GraphValue {
  const [batch] = timestep.shape as readonly [string];
  return divide(builder, value, reshape(builder, timestep, [batch, 1, 1, 1]));
}
