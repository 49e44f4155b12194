import { InvalidArgumentError, type Tensor, TorchGenerator } from "@onestep/core";
import type { OptionNames } from "@onestep/core/internal";
import { describeValue } from "@onestep/core/internal";
import { denoise } from "../sampling/denoise.ts";
import { type GenerateOptions, type OutputType, readOptions } from "../sampling/generate-options.ts";
import { checkOutputType, toPixels } from "../sampling/image-output.ts";
import { resolveGenerator } from "../sampling/resolve-batch.ts";
import { requireRunnable } from "../unconditional/unet-2d.ts";
import type {
  ClassConditionalGenerateOptions,
  ClassConditionalOutput,
} from "../unconditional/unet-2d-pipeline.ts";
import { requireConsistencyScheduler } from "./consistency-scheduler.ts";
import { requireSteps, requireStrength } from "./edit-options.ts";
import { ConsistencyModelEditingPipelineBase } from "./editing-pipeline.ts";
import type { ResizeMode } from "./fit-images.ts";
import { type ImageInput, toSample } from "./images.ts";
import { InterpolatedGenerator } from "./interpolated-generator.ts";
import { runMorph } from "./morph.ts";

interface InterpolationOptions<Output extends OutputType>
  extends Omit<
    ClassConditionalGenerateOptions<Output>,
    "batchSize" | "generator" | "latents" | "seed" | "timesteps"
  > {
  /** How many images, first and last included, from 2 to 1000; 8 by default. */
  readonly frames?: number | undefined;
}

/** Options of `ConsistencyModelInterpolationPipeline.generate` for a way between two seeds. */
export interface BetweenSeeds<Output extends OutputType = OutputType> extends InterpolationOptions<Output> {
  /** Two seeds. */
  readonly seeds: readonly [first: number | bigint, last: number | bigint];
  readonly images?: undefined;
  /** Explicit steps in place of `numInferenceSteps`, indices into the training grid, descending, as `[22, 0]`. */
  readonly timesteps?: readonly number[] | undefined;
}

/** Options of `ConsistencyModelInterpolationPipeline.generate` for a way between two images. */
export interface BetweenImages<Output extends OutputType = OutputType>
  extends InterpolationOptions<Output>,
    Pick<GenerateOptions, "generator" | "seed"> {
  /** Two images. */
  readonly images: ImageInput;
  readonly seeds?: undefined;
  /** How much the model may make up half-way, above 0 to 1; 0.6 by default. */
  readonly strength?: number | undefined;
  /** What is done with images of another size than the model's; `"default"` stretches them. */
  readonly resizeMode?: ResizeMode | undefined;
}

/**
 * Options of `ConsistencyModelInterpolationPipeline.generate`: what to go between, and those of
 * `ConsistencyModelPipeline.generate`. Steps are 1 by default between seeds, 4 between images.
 */
export type ConsistencyModelInterpolationOptions<Output extends OutputType = OutputType> =
  | BetweenSeeds<Output>
  | BetweenImages<Output>;

const optionNames: OptionNames<BetweenSeeds & BetweenImages> = {
  images: true,
  seeds: true,
  frames: true,
  classLabels: true,
  numInferenceSteps: true,
  timesteps: true,
  strength: true,
  resizeMode: true,
  generator: true,
  seed: true,
  outputType: true,
  onStepEnd: true,
  onProgress: true,
  signal: true,
};

const maximumFrames = 1000;

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
  ): Promise<ClassConditionalOutput<Output>> {
    const options = readOptions(given, "ConsistencyModelInterpolationPipeline", optionNames);
    checkOutputType(options.outputType);
    checkInterpolation(options);
    const { frames = 8 } = options;
    const positions = Array.from({ length: frames }, (_, frame) => frame / (frames - 1));
    const { pixels, classLabels } =
      options.images === undefined
        ? await this.#betweenSeeds(options, positions)
        : await this.#betweenImages(options, positions);
    return this.finish({ classLabels }, pixels, options);
  }

  async #betweenSeeds({ seeds, ...options }: BetweenSeeds, positions: readonly number[]): Promise<Frames> {
    const [first, last] = seeds.map((seed) => new TorchGenerator(seed)) as [TorchGenerator, TorchGenerator];
    const generator = positions.map((position) => new InterpolatedGenerator(first, last, position));
    const run = await this.beginRun(
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
    const batchSize = positions.length;
    const given = this.checkLabels(this.resolveLabelNames(options.classLabels), batchSize);
    const generator = resolveGenerator(options, 1);
    signal?.throwIfAborted();

    const drawn = given === undefined ? this.drawLabels(1, generator) : undefined;
    const classLabels = given ?? (drawn && new Array<number>(batchSize).fill(drawn[0] ?? 0));
    const ends = toSample(pixels);
    const predict = this.predictor(classLabels, signal);
    const morph = { predict, scheduler, generator, ends, positions, strength, steps };
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

/** Options that make sense for one way alone, by the other, for which they do not. */
const misplacedOptions = {
  seeds: ["seed", "generator", "strength", "resizeMode"],
  images: ["timesteps"],
} as const;

/** @throws InvalidArgumentError where the ends are not two images or two seeds, or another option does not go with them. */
function checkInterpolation(options: ConsistencyModelInterpolationOptions): void {
  const { images, seeds, frames = 2 } = options;
  if ((images === undefined) === (seeds === undefined)) {
    throw new InvalidArgumentError({
      subject: "images and seeds",
      found: images === undefined ? "neither" : "both",
      expected: "one of the two",
      remedy: "Pass two `images`, or two `seeds`.",
      summary:
        images === undefined
          ? "There is nothing to interpolate between."
          : "`images` and `seeds` cannot be used together.",
    });
  }
  if (seeds !== undefined && (!Array.isArray(seeds) || seeds.length !== 2)) {
    throw new InvalidArgumentError({
      subject: "seeds",
      found: Array.isArray(seeds) ? `${seeds.length} of them` : typeof seeds,
      expected: "a list of two",
      remedy: "Pass the seed to begin with and the seed to end with.",
    });
  }
  const way = seeds === undefined ? "images" : "seeds";
  for (const option of misplacedOptions[way]) {
    if (Reflect.get(options, option) === undefined) continue;
    throw new InvalidArgumentError({
      subject: option,
      found: `the option beside \`${way}\``,
      expected: `\`${way}\` without it`,
      remedy: "Leave it out.",
      summary: `\`${option}\` has no meaning between ${way}.`,
    });
  }
  if (Number.isInteger(frames) && frames >= 2 && frames <= maximumFrames) return;
  throw new InvalidArgumentError({
    subject: "frames",
    found: describeValue(frames),
    expected: `a whole number from 2 to ${maximumFrames}`,
    remedy: "Pass how many images the way has, both ends included.",
  });
}
