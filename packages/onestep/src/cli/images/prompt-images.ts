import { type ProgressListener, type RasterImage, TorchGenerator, UnsupportedError } from "@onestep/core";
import { readConfigRecord } from "@onestep/core/internal";
import {
  type DiffusionPipelineBase,
  findPromptPipelineClass,
  LatentDiffusionPipelineBase,
  type PipelineSource,
  type PromptPipelineClass,
  type PromptTask,
} from "@onestep/pipelines";
import type { Device } from "@onestep/runtime";
import type { SchedulerClass } from "@onestep/schedulers";
import type { PromptRequest } from "../arguments/prompt-options.ts";
import { readRepositorySettings, refuseSingleFileSettings } from "../arguments/repository-options.ts";
import type { Invocation } from "../command.ts";
import { formatDuration } from "../output/text.ts";
import { formatParameters } from "./image-parameters.ts";
import { toJsonInteger } from "./make-images.ts";
import { announceDownload } from "./model-files.ts";
import { describeSize, layOut, requireScale, savePictures } from "./output-files.ts";
import { showPreview } from "./preview.ts";
import { rehearsePrompt } from "./prompt-models.ts";

/** A request for images from a text-to-image model. */
export interface PromptJob {
  readonly source: PipelineSource;
  /** Its name on the command line. */
  readonly model: string;
  readonly task: PromptTask;
  readonly request: PromptRequest;
  readonly schedulerClass?: SchedulerClass | undefined;
  /** Images and masks of an edit, by option, and their files. */
  readonly inputs?: Readonly<Record<string, readonly RasterImage[]>>;
  readonly inputFiles?: readonly string[];
}

/** Height and width in pixels. */
interface Size {
  readonly height: number;
  readonly width: number;
}

/** The part of a text-to-image pipeline used here. */
interface PromptPipeline extends DiffusionPipelineBase {
  /** Height and width of the model's images. */
  readonly defaultSize: Size;
  generate(options: object): Promise<{ readonly images: readonly RasterImage[] }>;
}

/**
 * Loads a text-to-image model, makes the images, saves them, and reports them. Everything that configs can determine is
 * checked before weights are fetched.
 */
export async function makePromptImages(invocation: Invocation, job: PromptJob): Promise<void> {
  const { arguments: parsed, output, system, signal } = invocation;
  const { source, model, request, schedulerClass } = job;
  const settings = readRepositorySettings(invocation);
  refuseSingleFileSettings(settings);
  const startedAt = performance.now();
  const pipelineClass = requireClass(job);
  const small = await rehearsePrompt(
    source,
    {
      ...{ pipelineClass, schedulerClass },
      generate(pipe) {
        const { height, width } = sizeOfResult(job, pipe as PromptPipeline, 0);
        requireScale(request.scale, width, height);
        return (pipe as PromptPipeline).generate(runOptions(job, { signal }));
      },
    },
    settings,
  );
  await announceDownload(source, settings, output);
  const pipe = (await pipelineClass.fromSource(source, {
    ...{ ...settings, ...small.tokenizers, scheduler: small.scheduler },
    // Checked by the runtime, which knows the available devices.
    device: parsed.text("device") as Device | undefined,
    threads: request.threads,
  })) as PromptPipeline;
  try {
    if (schedulerClass !== undefined) pipe.scheduler = schedulerClass.fromConfig(pipe.scheduler.config);
    await loadLoras(pipe, request, settings);
    const loadedAt = performance.now();
    for (const line of describeResizing(job, pipe)) output.note(line);
    output.progress.showTask("Generating");
    let steps = 0;
    const { images } = await pipe.generate(
      runOptions(job, {
        signal,
        onProgress(event) {
          if (event.type === "step-end") steps = event.totalSteps;
          output.progress.show(event);
        },
      }),
    );
    const generatedAt = performance.now();
    const { width, height } = images[0] as RasterImage;
    const texts = images.map((_, index) => textOf(job, pipe, pipelineClass, { index, width, height, steps }));
    const pictures = layOut(images, request);
    const files = await savePictures(pictures, request.out, { signal, texts, stdout: system.stdout });
    const milliseconds = {
      load: Math.round(loadedAt - startedAt),
      generate: Math.round(generatedAt - loadedAt),
      save: Math.round(performance.now() - generatedAt),
    };
    if (request.isSeedDrawn) output.note(describeSeeds(request.seeds));
    output.note(
      `${describeSize(images.length, { width, height }, request.scale)} on ${pipe.device}; loaded in ${formatDuration(milliseconds.load)}, made in ${formatDuration(milliseconds.generate)}`,
    );
    await showPreview(pictures, invocation);
    output.result({
      lines: files,
      document: {
        files,
        ...(job.inputFiles === undefined ? {} : { inputs: job.inputFiles }),
        ...{ model, className: pipe.className, device: pipe.device },
        prompts: request.prompts,
        negativePrompts: request.negativePrompts,
        guidanceScale: request.guidanceScale ?? pipelineClass.defaultGuidanceScale,
        loras: request.loras,
        seeds: request.seeds.map(toJsonInteger),
        timesteps: request.timesteps ?? null,
        ...{ steps, width, height, milliseconds },
        ...(request.scale === undefined ? {} : { scale: request.scale }),
      },
    });
  } finally {
    await pipe.dispose();
  }
}

/** Whether a repository holds a text-to-image model. */
export function isPromptModel({ modelIndex }: PipelineSource): boolean {
  const tasks: readonly PromptTask[] = ["text", "image", "inpainting"];
  return tasks.some((task) => findPromptPipelineClass(modelIndex.className, task) !== undefined);
}

function requireClass({ source, model, task }: PromptJob): PromptPipelineClass {
  const { className } = source.modelIndex;
  const pipelineClass = findPromptPipelineClass(className, task);
  if (pipelineClass !== undefined) return pipelineClass;
  throw new UnsupportedError({
    subject: model,
    found: `a ${className}`,
    expected: "a model of Stable Diffusion, which a part of an image can be repainted with",
    remedy: "Name such a model, or change the whole image with `onestep edit img2img`.",
  });
}

/** The size of the images that a job makes: of an edit, of those that it makes of one of its images. */
function sizeOfResult({ task, request, inputs }: PromptJob, pipe: PromptPipeline, index: number): Size {
  const image = inputs?.["image"]?.[index];
  if (task === "image" && image !== undefined) {
    return { height: image.height - (image.height % 8), width: image.width - (image.width % 8) };
  }
  const { height, width } = pipe.defaultSize;
  return { height: request.height ?? height, width: request.width ?? width };
}

/** Says which images of an edit are resized, and to what. */
function describeResizing(job: PromptJob, pipe: PromptPipeline): readonly string[] {
  const { task, inputs = {}, inputFiles = [] } = job;
  const images = inputs["image"] ?? [];
  return images.flatMap(({ width, height }, index) => {
    const size = sizeOfResult(job, pipe, index);
    if (width === size.width && height === size.height) return [];
    const change = `${inputFiles[index]} (${width}x${height}) is resized to ${size.width}x${size.height}`;
    return [
      task === "image"
        ? `${change}, multiples of 8`
        : `${change}, as --width and --height say (default: the size of the model's images)`,
    ];
  });
}

/** The request as options for a pipeline's `generate`. */
function runOptions(
  { request, inputs = {} }: PromptJob,
  run: { readonly signal: AbortSignal; readonly onProgress?: ProgressListener },
): object {
  const { prompts, negativePrompts, seeds, imagesPerPrompt } = request;
  const { guidanceScale, clipSkip, width, height, strength, numInferenceSteps, timesteps } = request;
  const options = {
    ...{ guidanceScale, clipSkip, width, height, strength, numInferenceSteps, timesteps },
    ...{ prompt: prompts, numImagesPerPrompt: imagesPerPrompt },
    negativePrompt: negativePrompts.length === 0 ? undefined : negativePrompts,
    generator: seeds.map((seed) => new TorchGenerator(seed)),
    ...inputs,
    ...run,
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

async function loadLoras(
  pipe: DiffusionPipelineBase,
  { loras }: PromptRequest,
  settings: ReturnType<typeof readRepositorySettings>,
): Promise<void> {
  if (loras.length === 0 || !(pipe instanceof LatentDiffusionPipelineBase)) return;
  const { cacheDir, token, endpoint, localFilesOnly, environment, signal, onProgress } = settings;
  const names: string[] = [];
  for (const { source } of loras) {
    const options = { cacheDir, token, endpoint, localFilesOnly, environment, signal, onProgress };
    names.push(await pipe.loadLoraWeights(source, options));
  }
  pipe.setAdapters(names, { adapterWeights: loras.map(({ weight }) => weight) });
}

/** The texts of one PNG. */
function textOf(
  { request, model, task }: PromptJob,
  pipe: DiffusionPipelineBase,
  pipelineClass: PromptPipelineClass,
  image: { readonly index: number; readonly width: number; readonly height: number; readonly steps: number },
): Readonly<Record<string, string>> {
  if (!request.hasMetadata) return {};
  const { prompts, negativePrompts, seeds, imagesPerPrompt, loras, clipSkip } = request;
  const { index, ...size } = image;
  const { defaultStrength } = pipelineClass;
  const prompt = Math.floor(index / imagesPerPrompt);
  const { config } = pipe.scheduler;
  return {
    parameters: formatParameters({
      ...{ ...size, loras, model, clipSkip },
      prompt: prompts[prompt] as string,
      negativePrompt: negativePrompts[prompt] ?? negativePrompts[0],
      steps: request.timesteps?.length ?? request.numInferenceSteps ?? pipelineClass.defaultInferenceSteps,
      scheduler: {
        className: readConfigRecord(config)?.className ?? pipe.scheduler.constructor.name,
        config,
      },
      guidanceScale: request.guidanceScale ?? pipelineClass.defaultGuidanceScale,
      seed: seeds[index] as bigint,
      strength: task === "text" ? undefined : (request.strength ?? defaultStrength),
    }),
  };
}

function describeSeeds(seeds: readonly bigint[]): string {
  const [first] = seeds;
  const range = seeds.length === 1 ? `Seed: ${first}` : `Seeds: ${first} to ${seeds.at(-1)}`;
  return `${range} (reuse ${seeds.length === 1 ? "it" : "them"} with --seed ${first})`;
}
