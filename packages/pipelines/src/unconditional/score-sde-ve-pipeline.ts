import { InvalidArgumentError } from "@onestep/core";
import type { Scheduler, ScoreSdeVeScheduler } from "@onestep/schedulers";
import { DiffusionPipelineBase } from "../diffusion-pipeline-base.ts";
import { componentClassName } from "../model-index/model-index.ts";
import type { GenerateOptions, OutputType } from "../sampling/generate-options.ts";
import { type ImagePipelineOutput, toOutput } from "../sampling/image-pipeline-output.ts";
import type { NoiseProcess } from "../sampling/noise-process.ts";
import { readOptions } from "../sampling/read-options.ts";
import { runSteps } from "../sampling/run-steps.ts";

const className = "ScoreSdeVePipeline";

/** Options of {@link ScoreSdeVePipeline.generate}. All optional. */
export type ScoreSdeVeGenerateOptions<Output extends OutputType = OutputType> = GenerateOptions<Output>;

/**
 * Makes images with a score model of the variance-exploding SDE (NCSN++), by predictor and corrector (Song et al. 2021,
 * arXiv:2011.13456, algorithm 2); diffusers' `ScoreSdeVePipeline`.
 *
 * The same seed gives the same image as in Python with a CPU generator. Each step evaluates the model once for the
 * prediction and `scheduler.config.correctSteps` times for corrections before it.
 */
export class ScoreSdeVePipeline extends DiffusionPipelineBase {
  /** The class as `model_index.json` names it. */
  static readonly className: string = className;
  /** How many steps a run takes where nobody says. */
  static readonly defaultInferenceSteps: number = 2000;

  override readonly className: string = className;
  protected override readonly noiseProcess: NoiseProcess = "score-sde";

  /**
   * Makes images. Random numbers are drawn for the latents first, then in each step for each correction and for the
   * prediction.
   *
   * @throws InvalidArgumentError where an option is wrong, or the scheduler is no `ScoreSdeVeScheduler`; before any work.
   * @throws DisposedError after `dispose`.
   */
  async generate<Output extends OutputType = "image">(
    given: ScoreSdeVeGenerateOptions<Output> = {},
  ): Promise<ImagePipelineOutput<Output>> {
    const options = readOptions(given);
    const run = await this.beginSampling(options, ScoreSdeVePipeline);
    const { unet, scheduler, generator, classLabels } = run;
    if (!isPredictorCorrector(scheduler)) throw otherScheduler(scheduler);
    const { signal } = options;
    const image = await runSteps(run, options, async (start, timestep, step) => {
      // The model is told the noise level and not the time.
      const sigma = scheduler.sigmas[step] ?? Number.NaN;
      let sample = start;
      for (let count = 0; count < scheduler.config.correctSteps; count++) {
        const score = await unet.forward({ sample, timestep: sigma, classLabels, signal });
        sample = scheduler.stepCorrect(score.sample, sample, { generator }).prevSample;
      }
      const score = await unet.forward({ sample, timestep: sigma, classLabels, signal });
      const { prevSample, prevSampleMean } = scheduler.stepPred(score.sample, timestep, sample, {
        generator,
      });
      return { sample: prevSample, image: prevSampleMean, prediction: score.sample };
    });
    return toOutput(image, options.outputType, classLabels);
  }
}

/** Not by `instanceof`: a scheduler of another copy of the package, or of somebody's own, serves as well. */
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
