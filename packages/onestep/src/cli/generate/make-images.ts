import { RasterImage } from "@onestep/core";
import type {
  ClassConditionalGenerateOptions,
  ClassConditionalOutput,
  UNet2DPipeline,
} from "@onestep/pipelines";
import type { Device } from "@onestep/runtime";
import type { SchedulerClass } from "@onestep/schedulers";
import type { Invocation } from "../command.ts";
import { formatDuration } from "../output/format-duration.ts";
import { readRepositorySettings } from "../repository-settings.ts";
import { describeDrawnClasses, readId2LabelFile } from "./class-labels.ts";
import type { GenerateRequest } from "./generate-request.ts";
import { reportGeneration } from "./generation-report.ts";
import { openPipeline } from "./open-pipeline.ts";
import { checkWritable, nameFiles, nameFilesByDefault, savePictures } from "./output-files.ts";
import { samplingOptions } from "./sampling-options.ts";

/** Images that a command makes. */
export interface ImageJob {
  readonly request: GenerateRequest;
  /** The files that the images are made of, where there are any. */
  readonly inputs?: readonly string[];
  /** The scheduler to sample with, where it is not the model's own. */
  readonly schedulerClass?: SchedulerClass | undefined;
  /** How many steps it takes where the request does not say; without it those of the model's pipeline. */
  readonly defaultSteps?: number;
  /**
   * Makes the images. Called twice: first with a model that has no weights, to find out what is wrong before they are
   * fetched. `steps` where they were not those that the request asks for. */
  generate(
    pipe: UNet2DPipeline,
    options: ClassConditionalGenerateOptions<"image">,
  ): Promise<ClassConditionalOutput & { readonly steps?: number }>;
}

/** Loads the model, makes the images, saves them, and tells of it. */
export async function makeImages(invocation: Invocation, job: ImageJob): Promise<void> {
  const { arguments: parsed, output, signal } = invocation;
  const { request, inputs } = job;
  const { out, gridColumns, batchSize, seeds } = request;
  const fileCount = gridColumns === undefined ? batchSize : 1;
  await checkWritable(out === undefined ? await nameFilesByDefault(fileCount) : nameFiles(out, fileCount));

  const startedAt = performance.now();
  const numInferenceSteps = request.numInferenceSteps ?? job.defaultSteps;
  const id2labelFile = parsed.text("id2label");
  const opened = await openPipeline(
    {
      request: { ...request, numInferenceSteps },
      schedulerClass: job.schedulerClass,
      rehearse: (pipe, classLabels) =>
        job.generate(pipe, { ...samplingOptions(request, classLabels), signal }),
    },
    {
      ...readRepositorySettings(invocation),
      // Checked by the runtime, which knows what there is.
      device: parsed.text("device") as Device | undefined,
      threads: request.threads,
      id2label: id2labelFile === undefined ? undefined : await readId2LabelFile(id2labelFile),
    },
  );
  const { pipe } = opened;
  try {
    const loadedAt = performance.now();
    output.progress.showTask("Generating");
    const {
      images,
      classLabels,
      steps = opened.steps,
    } = await job.generate(pipe, {
      ...samplingOptions(request, opened.classLabels),
      onProgress: (event) => output.progress.show(event),
      signal,
    });
    const generatedAt = performance.now();
    const pictures =
      gridColumns === undefined ? images : [RasterImage.grid(images, { columns: gridColumns })];
    const files = await savePictures(pictures, out, signal);
    const savedAt = performance.now();
    const milliseconds = {
      load: loadedAt - startedAt,
      generate: generatedAt - loadedAt,
      save: savedAt - generatedAt,
    };
    const { width, height } = images[0] as RasterImage;
    if (request.isSeedDrawn) output.note(`Seed ${seeds.join()} (the same again: --seed ${seeds.join()})`);
    if (request.classLabels === undefined && classLabels !== undefined) {
      output.note(describeDrawnClasses(classLabels, pipe.id2label));
    }
    output.note(
      `${images.length} image${images.length === 1 ? "" : "s"} of ${width}x${height} on ${pipe.device}: loaded in ${formatDuration(milliseconds.load)}, made in ${formatDuration(milliseconds.generate)}`,
    );
    output.result(
      reportGeneration({
        ...{ request, inputs, files, device: pipe.device, steps, width, height, milliseconds },
        ...{ classLabels, id2label: pipe.id2label },
      }),
    );
  } finally {
    await pipe.dispose();
  }
}
