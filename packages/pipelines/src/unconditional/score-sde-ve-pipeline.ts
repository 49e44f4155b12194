import { InvalidArgumentError } from "@onestep/core";
import type { NoiseProcess, Scheduler, ScoreSdeVeScheduler } from "@onestep/schedulers";
import { componentClassName } from "../component/component.ts";
import type { PipelineLoader } from "../pipeline-types.ts";
import { runSteps } from "../sampling/denoise.ts";
import { type OutputType, readOptions } from "../sampling/generate-options.ts";
import {
  type ClassConditionalGenerateOptions,
  type ClassConditionalOutput,
  classConditionalOptionNames,
  UNet2DPipelineBase,
} from "./unet-2d-pipeline.ts";

const className = "ScoreSdeVePipeline";

/** Options of {@link ScoreSdeVePipeline.generate}. All optional. */
export type ScoreSdeVeGenerateOptions<Output extends OutputType = OutputType> =
  ClassConditionalGenerateOptions<Output>;

/**
 * Generates images with a score model of the variance-exploding SDE (NCSN++), using predictor-corrector sampling (Song
 * et al. 2021, arXiv:2011.13456, algorithm 2); diffusers' `ScoreSdeVePipeline`.
 *
 * The same seed gives the same image as in Python with a CPU generator. Each step evaluates the model
 * `scheduler.config.correctSteps` times for corrections, then once for the prediction.
 *
 * @example
 * const pipe = await ScoreSdeVePipeline.fromPretrained("google/ncsnpp-celebahq-256");
 * const { images } = await pipe.generate({ numInferenceSteps: 2000, seed: 0 });
 */
export class ScoreSdeVePipeline extends UNet2DPipelineBase {
  /** Loads the pipeline; see {@link DiffusionPipelineBase.fromPretrained}. */
  declare static readonly fromPretrained: PipelineLoader<ScoreSdeVePipeline>;

  /** The class name in `model_index.json`. */
  static readonly className: string = className;
  /** The noise process its models were trained on. */
  static readonly noiseProcess: NoiseProcess = "score-sde";
  /** The default of `numInferenceSteps`. */
  static readonly defaultInferenceSteps: number = 2000;

  /**
   * Generates images. Random numbers are drawn for the latents first, then, in each step, for each correction and for
   * the prediction.
   *
   * @throws InvalidArgumentError if an option is invalid, or the scheduler is not a `ScoreSdeVeScheduler`; thrown before
   * any work.
   * @throws DisposedError after `dispose`.
   */
  async generate<Output extends OutputType = "image">(
    given: ScoreSdeVeGenerateOptions<Output> = {},
  ): Promise<ClassConditionalOutput<Output>> {
    const options = readOptions(given, className, classConditionalOptionNames);
    const run = await this.beginRun(options, ScoreSdeVePipeline);
    const { scheduler, generator, predict } = run;
    if (!isPredictorCorrector(scheduler)) throw otherScheduler(scheduler);
    const image = await runSteps(run, options, async (start, timestep, step) => {
      // The model is given the noise level and not the time.
      const sigma = scheduler.sigmas[step] ?? Number.NaN;
      let sample = start;
      for (let count = 0; count < scheduler.config.correctSteps; count++) {
        const score = await predict(sample, sigma);
        sample = scheduler.stepCorrect(score, sample, { generator }).prevSample;
      }
      const score = await predict(sample, sigma);
      const { prevSample, prevSampleMean } = scheduler.stepPred(score, timestep, sample, { generator });
      return { sample: prevSample, image: prevSampleMean, prediction: score };
    });
    return this.finish(run, image, options);
  }
}

/** Not by `instanceof`: a scheduler from another copy of the package, or a custom one, works as well. */
function isPredictorCorrector(scheduler: Scheduler): scheduler is ScoreSdeVeScheduler {
  return "stepPred" in scheduler && "stepCorrect" in scheduler;
}

function otherScheduler(scheduler: Scheduler): InvalidArgumentError {
  return new InvalidArgumentError({
    subject: `scheduler of ${className}`,
    found: `a ${componentClassName(scheduler) ?? scheduler.constructor.name}`,
    expected: "a ScoreSdeVeScheduler, whose steps are a prediction and corrections",
    remedy: "Assign one to `scheduler`, or take another pipeline.",
  });
}
