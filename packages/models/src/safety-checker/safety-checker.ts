import { type Pixels, Tensor } from "@onestep/core";
import { resizeAsPillow } from "@onestep/core/internal";
import {
  add,
  cast,
  concat,
  conv2d,
  expand,
  gelu,
  multiHeadAttention,
  permute,
  quickGelu,
  reshape,
  type Scope,
  slice,
  type Value,
} from "@onestep/graph";
import { transformersNames } from "../checkpoint/weights-file-names.ts";
import type { ModelDefinition } from "../definition.ts";
import { layerNormLayer, linearLayer } from "../layers/modules.ts";
import { Model } from "../model.ts";
import {
  type CLIPVisionConfigValues,
  type SafetyCheckerConfigValues,
  safetyCheckerConfigSchema,
  visionConfigOf,
} from "./safety-checker-config.ts";

/** How many concepts are looked for, and how many of them lower the thresholds of the others. */
const [conceptCount, specialCount] = [17, 3];
/** Added to the scores of the concepts if a special one is found. */
const adjustment = 0.01;
/** Mean and standard deviation of each channel in CLIP's training images. */
const mean = [0.48145466, 0.4578275, 0.40821073];
const std = [0.26862954, 0.26130258, 0.27577711];

const definition: ModelDefinition<SafetyCheckerConfigValues> = {
  className: "StableDiffusionSafetyChecker",
  configSchema: safetyCheckerConfigSchema,
  define: (scope, config) => defineSafetyChecker(scope, config, visionConfigOf(config)),
  weightsNames: transformersNames,
  // Transformers 5 saves a CLIPVisionModel without the second prefix of earlier versions.
  rename: (name) =>
    name.replace(
      /^vision_model\.(?=embeddings|pre_layrnorm|encoder|post_layernorm)/,
      "vision_model.vision_model.",
    ),
  ignores: (name) => name.endsWith("embeddings.position_ids"),
  fieldsOf: () => ["vision_config", "projection_dim"],
};

/** Options of {@link StableDiffusionSafetyChecker.check}. */
export interface CheckImagesOptions {
  /** Aborting rejects immediately. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds images that may not be safe for work, as Stable Diffusion 1 was published with: it compares CLIP's embedding of
 * an image (Radford et al., 2021) with those of seventeen concepts; diffusers' `StableDiffusionSafetyChecker`. It misses
 * some of them, and flags images that are harmless.
 *
 * @example
 * const checker = await StableDiffusionSafetyChecker.fromPretrained("CompVis/stable-diffusion-safety-checker");
 * const [isUnsafe] = await checker.check(image.toTensor());
 */
export class StableDiffusionSafetyChecker extends Model<SafetyCheckerConfigValues> {
  static readonly library: string = "stable_diffusion";
  static readonly definition: ModelDefinition<SafetyCheckerConfigValues> = definition;

  /**
   * Checks images.
   *
   * @param images - float32 [images, 3, height, width], 0 to 1, of any size.
   * @returns Whether each of them may not be safe for work.
   * @throws DisposedError after `dispose`.
   */
  async check(images: Tensor<"float32">, { signal }: CheckImagesOptions = {}): Promise<readonly boolean[]> {
    const { imageEmbeds, ...concepts } = await this.embed(images, { signal });
    const [count = 0, width = 0] = imageEmbeds.shape;
    return Array.from({ length: count }, (_, image) =>
      isUnsafe(imageEmbeds.data.subarray(image * width, (image + 1) * width), concepts),
    );
  }

  /**
   * CLIP's embeddings of images, and those that they are compared with.
   *
   * @param images - float32 [images, 3, height, width], 0 to 1, of any size.
   */
  async embed(images: Tensor<"float32">, { signal }: CheckImagesOptions = {}): Promise<ImageConcepts> {
    this.requireLoaded();
    const { imageSize } = visionConfigOf(this.config);
    const outputs = await this.run({ pixel_values: preprocess(images, imageSize) }, { signal });
    const output = (name: string): Tensor<"float32"> => outputs[name] as Tensor<"float32">;
    return {
      imageEmbeds: output("image_embeds"),
      conceptEmbeds: output("concepts"),
      conceptThresholds: output("concept_thresholds").data,
      specialEmbeds: output("special_concepts"),
      specialThresholds: output("special_concept_thresholds").data,
    };
  }
}

/** Concepts and their thresholds. */
export interface Concepts {
  /** [concepts, width] */
  readonly conceptEmbeds: Tensor<"float32">;
  readonly conceptThresholds: ArrayLike<number>;
  /** [special concepts, width] */
  readonly specialEmbeds: Tensor<"float32">;
  readonly specialThresholds: ArrayLike<number>;
}

/** Images beside the concepts. */
export interface ImageConcepts extends Concepts {
  /** [images, width] */
  readonly imageEmbeds: Tensor<"float32">;
}

/** Whether an embedding is closer to a concept than its threshold; scores are rounded to three digits. */
export function isUnsafe(embedding: Float32Array, concepts: Concepts): boolean {
  const isAbove = (embeds: Tensor<"float32">, thresholds: ArrayLike<number>, added: number): boolean => {
    const [count = 0, width = 0] = embeds.shape;
    return Array.from({ length: count }, (_, row) => {
      const similarity = cosine(embedding, embeds.data.subarray(row * width, (row + 1) * width));
      return Math.round((similarity - (thresholds[row] as number) + added) * 1000) > 0;
    }).includes(true);
  };
  const isSpecial = isAbove(concepts.specialEmbeds, concepts.specialThresholds, 0);
  return isAbove(concepts.conceptEmbeds, concepts.conceptThresholds, isSpecial ? adjustment : 0);
}

function cosine(left: Float32Array, right: Float32Array): number {
  const norm = (values: Float32Array): number =>
    Math.max(1e-12, Math.sqrt(values.reduce((sum, value) => sum + value * value, 0)));
  const product = left.reduce((sum, value, index) => sum + value * (right[index] as number), 0);
  return product / (norm(left) * norm(right));
}

/** Resizes the shorter side, crops the centre and normalises; transformers' `CLIPImageProcessor`. */
function preprocess(images: Tensor<"float32">, size: number): Tensor<"float32"> {
  const [count = 0] = images.shape;
  const data = new Float32Array(count * 3 * size * size);
  for (let item = 0; item < count; item += 1) {
    const { width, height, data: pixels } = scaleToFit(toPixels(images.slice(item, item + 1)), size);
    const [left, top] = [Math.floor((width - size) / 2), Math.floor((height - size) / 2)];
    for (let index = 0; index < 3 * size * size; index += 1) {
      const channel = Math.floor(index / (size * size));
      const [row, column] = [top + Math.floor((index % (size * size)) / size), left + (index % size)];
      const value = Math.fround((pixels[(row * width + column) * 3 + channel] as number) / 255);
      data[item * 3 * size * size + index] = (value - (mean[channel] as number)) / (std[channel] as number);
    }
  }
  return new Tensor("float32", data, [count, 3, size, size]);
}

/** An image from 0 to 1 as bytes, rounded half to even. */
function toPixels({ data, shape: [, , height = 0, width = 0] }: Tensor<"float32">): Pixels {
  const area = height * width;
  const pixels = new Uint8ClampedArray(3 * area);
  for (let index = 0; index < pixels.length; index += 1) {
    // The assignment rounds.
    pixels[index] = Math.fround((data[(index % 3) * area + Math.floor(index / 3)] as number) * 255);
  }
  return { data: new Uint8Array(pixels.buffer), width, height, channels: 3 };
}

function scaleToFit(image: Pixels, size: number): Pixels {
  const short = Math.min(image.width, image.height);
  const scale = (length: number): number => (length === short ? size : Math.trunc((size * length) / short));
  return resizeAsPillow(image, { width: scale(image.width), height: scale(image.height) }, "bicubic");
}

/**
 * The graph of the checker: `pixel_values` float32 [batch, 3, size, size] give `image_embeds`, and the concepts as they
 * are (diffusers `pipelines/stable_diffusion/safety_checker.py`; transformers `CLIPVisionTransformer`).
 *
 * @throws GraphError if the parts do not fit together.
 */
function defineSafetyChecker(
  scope: Scope,
  { projectionDim }: SafetyCheckerConfigValues,
  vision: CLIPVisionConfigValues,
): Readonly<Record<string, Value>> {
  const model = scope.child("vision_model.vision_model");
  const { hiddenSize, numHiddenLayers, layerNormEps } = vision;
  let state = layerNormLayer(
    embeddings(scope, model.child("embeddings"), vision),
    model.child("pre_layrnorm"),
    layerNormEps,
  );
  for (let layer = 0; layer < numHiddenLayers; layer += 1) {
    state = model.within(`encoder.layers.${layer}`, (part) => encoderLayer(state, part, vision));
  }
  const first = reshape(slice(state, 1, 0, 1), ["batch", hiddenSize]);
  const pooled = layerNormLayer(first, model.child("post_layernorm"), layerNormEps);
  const embedding = linearLayer(pooled, scope.child("visual_projection"), projectionDim, { bias: false });
  const table = (name: string, count: number): Value => scope.matrix(name, [count, projectionDim], "float32");
  return {
    image_embeds: cast(embedding, "float32"),
    concepts: table("concept_embeds", conceptCount),
    concept_thresholds: scope.vector("concept_embeds_weights", [conceptCount], "float32"),
    special_concepts: table("special_care_embeds", specialCount),
    special_concept_thresholds: scope.vector("special_care_embeds_weights", [specialCount], "float32"),
  };
}

/** The embeddings of the patches, after that of the class. */
function embeddings(scope: Scope, part: Scope, vision: CLIPVisionConfigValues): Value {
  const { hiddenSize, imageSize, patchSize, numChannels } = vision;
  const pixels = cast(
    scope.input("pixel_values", "float32", ["batch", numChannels, imageSize, imageSize]),
    "compute",
  );
  const kernel = part.matrix("patch_embedding.weight", [hiddenSize, numChannels, patchSize, patchSize]);
  const patches = conv2d(pixels, kernel, undefined, { stride: patchSize });
  const count = (imageSize / patchSize) ** 2;
  const rows = permute(reshape(patches, ["batch", hiddenSize, count]), [0, 2, 1]);
  const own = reshape(part.vector("class_embedding", [hiddenSize]), [1, 1, hiddenSize]);
  const tokens = concat([expand(own, ["batch", 1, hiddenSize]), rows], 1);
  return add(tokens, part.matrix("position_embedding.weight", [count + 1, hiddenSize]));
}

/** As in CLIP's text encoder, without a mask. */
function encoderLayer(value: Value, scope: Scope, vision: CLIPVisionConfigValues): Value {
  const { hiddenSize, intermediateSize, numAttentionHeads: heads, hiddenAct, layerNormEps } = vision;
  const normed = layerNormLayer(value, scope.child("layer_norm1"), layerNormEps);
  const attention = scope.child("self_attn");
  const project = (input: Value, name: string): Value =>
    linearLayer(input, attention.child(name), hiddenSize);
  const attended = multiHeadAttention(
    project(normed, "q_proj"),
    project(normed, "k_proj"),
    project(normed, "v_proj"),
    { heads },
  );
  const middle = add(value, project(attended, "out_proj"));
  const inner = linearLayer(
    layerNormLayer(middle, scope.child("layer_norm2"), layerNormEps),
    scope.child("mlp.fc1"),
    intermediateSize,
  );
  const activated = hiddenAct === "gelu" ? gelu(inner) : quickGelu(inner);
  return add(middle, linearLayer(activated, scope.child("mlp.fc2"), hiddenSize));
}
