import { InvalidArgumentError, type Tensor, TorchGenerator } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import type { OptionNames } from "@onestep/core/internal/known-options";
import type { PipelineLoader } from "../pipeline-types.ts";
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
  /** The number of images including both ends, from 2 to 1000; 8 by default. */
  readonly frames?: number | undefined;
}

/** Options of `ConsistencyModelInterpolationPipeline.generate` to interpolate between two seeds. */
export interface BetweenSeeds<Output extends OutputType = OutputType> extends InterpolationOptions<Output> {
  /** Two seeds. */
  readonly seeds: readonly [first: number | bigint, last: number | bigint];
  readonly images?: undefined;
  /** Explicit steps instead of `numInferenceSteps`: descending indices into the training grid, such as `[22, 0]`. */
  readonly timesteps?: readonly number[] | undefined;
}

/** Options of `ConsistencyModelInterpolationPipeline.generate` to interpolate between two images. */
export interface BetweenImages<Output extends OutputType = OutputType>
  extends InterpolationOptions<Output>,
    Pick<GenerateOptions, "generator" | "seed"> {
  /** Two images. */
  readonly images: ImageInput;
  readonly seeds?: undefined;
  /** How much the model contributes at the midpoint, above 0 to 1; 0.6 by default. */
  readonly strength?: number | undefined;
  /** How to resize images to the model's size; `"default"` stretches them. */
  readonly resizeMode?: ResizeMode | undefined;
}

/**
 * Options of `ConsistencyModelInterpolationPipeline.generate`: the two ends, and the options of
 * `ConsistencyModelPipeline.generate`. Defaults to 1 step between seeds, 4 between images.
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

/** The result of an interpolation. */
interface Frames {
  /** [frames, channels, height, width], about 0 to 1. */
  readonly pixels: Tensor<"float32">;
  readonly classLabels: readonly number[] | undefined;
}

/**
 * Interpolates between two seeds or two images.
 *
 * Between two seeds, the initial noise and the noise of each step are interpolated spherically (Song et al., 2023,
 * appendix D). The first and last images are those `ConsistencyModelPipeline` generates from the seeds.
 *
 * Between two images, there is no initial noise, as a consistency model cannot map an image back to its noise. Instead,
 * the images are blended, re-noised and denoised, as in image-to-image: most strongly at the midpoint, and not at all at
 * the ends, which are exactly the input images.
 *
 * @example
 * const edit = ConsistencyModelInterpolationPipeline.fromPipe(pipe);
 * const { images } = await edit.generate({ seeds: [1, 2], frames: 8, classLabels: "fox" });
 */
export class ConsistencyModelInterpolationPipeline extends ConsistencyModelEditingPipelineBase {
  /** Loads the pipeline; see {@link DiffusionPipelineBase.fromPretrained}. */
  declare static readonly fromPretrained: PipelineLoader<ConsistencyModelInterpolationPipeline>;

  /**
   * Generates `frames` images. Pass one class label for all, or one per frame; by default, a single label is drawn for
   * all.
   *
   * @throws InvalidArgumentError, ImageError if an option is invalid; thrown before any work.
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

/** The options valid only for one kind of interpolation, keyed by the other kind. */
const misplacedOptions = {
  seeds: ["seed", "generator", "strength", "resizeMode"],
  images: ["timesteps"],
} as const;

/** @throws InvalidArgumentError unless the ends are two images or two seeds, and the other options suit them. */
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
