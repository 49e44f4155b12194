import { InvalidArgumentError, type Tensor, TorchGenerator } from "@onestep/core";
import { resolveClassLabels } from "@onestep/models";
import { denoise } from "../../sampling/denoise.ts";
import { drawClassLabels } from "../../sampling/draw-class-labels.ts";
import type { OutputType } from "../../sampling/generate-options.ts";
import {
  checkOutputType,
  type ImagePipelineOutput,
  toOutput,
  toPixels,
} from "../../sampling/image-pipeline-output.ts";
import { readOptions } from "../../sampling/read-options.ts";
import { requireRunnable } from "../../sampling/require-runnable.ts";
import { resolveBatch } from "../../sampling/resolve-batch.ts";
import { ConsistencyModelEditingPipelineBase } from "../consistency-model-editing-pipeline-base.ts";
import { requireConsistencyScheduler } from "../consistency-scheduler.ts";
import { toSample } from "../images/to-sample.ts";
import { requireSteps } from "../require-steps.ts";
import { requireStrength } from "../require-strength.ts";
import { checkInterpolation } from "./check-interpolation.ts";
import { InterpolatedGenerator } from "./interpolated-generator.ts";
import type {
  BetweenImages,
  BetweenSeeds,
  ConsistencyModelInterpolationOptions,
} from "./interpolation-options.ts";
import { runMorph } from "./run-morph.ts";

/** What a way is made of. */
interface Frames {
  /** [frames, channels, height, width], about 0 to 1. */
  readonly pixels: Tensor<"float32">;
  readonly classLabels: readonly number[] | undefined;
}

/**
 * Interpolation: images on the way from one to another.
 *
 * Between two seeds, the noise that images are made of is interpolated spherically, that of the steps too (Song et al.,
 * 2023, appendix D). The first and the last image are those that `ConsistencyModelPipeline` makes of the seeds.
 *
 * Between two images there is no noise to begin with, for a consistency model has no way back from an image to its noise.
 * The images are mixed, and the mixture is made an image by noise and the model, as in image-to-image: by most half-way,
 * and by none at both ends, which are the images that went in, exactly.
 */
export class ConsistencyModelInterpolationPipeline extends ConsistencyModelEditingPipelineBase {
  /**
   * Makes `frames` images. One class label is for all of them, or one for each; where none are given, one is drawn for all.
   *
   * @throws InvalidArgumentError, ImageError where an option is wrong; before any work.
   * @throws DisposedError after `dispose`.
   */
  async generate<Output extends OutputType = "image">(
    given: ConsistencyModelInterpolationOptions<Output>,
  ): Promise<ImagePipelineOutput<Output>> {
    const options = readOptions(given);
    checkOutputType(options.outputType);
    checkInterpolation(options);
    const { frames = 8 } = options;
    const positions = Array.from({ length: frames }, (_, frame) => frame / (frames - 1));
    const { pixels, classLabels } =
      options.images === undefined
        ? await this.#betweenSeeds(options, positions)
        : await this.#betweenImages(options, positions);
    return toOutput(pixels, options.outputType, classLabels);
  }

  async #betweenSeeds({ seeds, ...options }: BetweenSeeds, positions: readonly number[]): Promise<Frames> {
    const [first, last] = seeds.map((seed) => new TorchGenerator(seed)) as [TorchGenerator, TorchGenerator];
    const generator = positions.map((position) => new InterpolatedGenerator(first, last, position));
    const run = await this.beginSampling(
      { ...options, generator, batchSize: positions.length },
      { defaultInferenceSteps: 1 },
    );
    return { pixels: toPixels(await denoise(run, options)), classLabels: run.classLabels };
  }

  async #betweenImages({ images, ...options }: BetweenImages, positions: readonly number[]): Promise<Frames> {
    const { unet } = this;
    const scheduler = requireConsistencyScheduler(this.scheduler);
    requireRunnable({ config: unet.config, scheduler, outputType: options.outputType });
    const { pixels } = this.prepareImages("images", images, options);
    requireTwo(pixels.shape[0] ?? 0);
    const { numInferenceSteps = Math.min(4, scheduler.length), signal } = options;
    const steps = requireSteps(numInferenceSteps, scheduler.length);
    const strength = requireStrength(options.strength);
    const { numClassEmbeds } = unet.config;
    const batchSize = positions.length;
    const labels = this.resolveLabelNames(options.classLabels);
    const givenLabels = resolveClassLabels({ ...unet.config, classLabels: labels, batchSize });
    const { generator } = resolveBatch({ ...options, classLabels: undefined, batchSize: 1 });
    signal?.throwIfAborted();

    const classLabels =
      givenLabels ??
      (numClassEmbeds === null
        ? undefined
        : new Array<number>(batchSize).fill(drawClassLabels(numClassEmbeds, 1, generator)[0] ?? 0));
    const ends = toSample(pixels);
    const morph = { unet, scheduler, generator, classLabels, ends, positions, strength, steps };
    return { pixels: toPixels(await runMorph(morph, options)), classLabels };
  }
}

function requireTwo(count: number): void {
  if (count === 2) return;
  throw new InvalidArgumentError({
    subject: "images",
    found: `${count} of them`,
    expected: "two",
    remedy: "Pass the image to begin with and the image to end with.",
  });
}
