import { RasterImage, TorchGenerator } from "@onestep/core";
import type { Device } from "@onestep/runtime";
import type { Invocation } from "../command.ts";
import { formatDuration } from "../output/format-duration.ts";
import { readRepositorySettings } from "../repository-settings.ts";
import { chooseScheduler } from "./choose-scheduler.ts";
import { type GenerateRequest, readGenerateRequest } from "./generate-request.ts";
import { reportGeneration } from "./generation-report.ts";
import { openPipeline } from "./open-pipeline.ts";
import { checkWritable, nameFiles, nameFilesByDefault } from "./output-files.ts";

/** `onestep generate`. */
export async function generateImages(invocation: Invocation): Promise<void> {
  const { arguments: parsed, output, signal } = invocation;
  const request = readGenerateRequest(parsed);
  const { out, gridColumns, batchSize, seeds } = request;
  const schedulerClass = chooseScheduler(parsed.text("scheduler"));
  const fileCount = gridColumns === undefined ? batchSize : 1;
  const files = out === undefined ? await nameFilesByDefault(fileCount) : nameFiles(out, fileCount);
  await checkWritable(files);

  const startedAt = performance.now();
  const { pipe, steps } = await openPipeline(request, {
    ...readRepositorySettings(invocation),
    // Checked by the runtime, which knows what there is.
    device: parsed.text("device") as Device | undefined,
    threads: request.threads,
  });
  try {
    const loadedAt = performance.now();
    if (schedulerClass !== undefined) pipe.scheduler = schedulerClass.fromConfig(pipe.scheduler.config);
    output.progress.showTask("Generating");
    const { images } = await pipe.generate({
      ...samplingOptions(request),
      onProgress: (event) => output.progress.show(event),
      signal,
    });
    const generatedAt = performance.now();
    const pictures =
      gridColumns === undefined ? images : [RasterImage.grid(images, { columns: gridColumns })];
    for (const [index, picture] of pictures.entries()) {
      signal.throwIfAborted();
      await picture.save(files[index] as string);
    }
    const savedAt = performance.now();
    const milliseconds = {
      load: loadedAt - startedAt,
      generate: generatedAt - loadedAt,
      save: savedAt - generatedAt,
    };
    const { width, height } = images[0] as RasterImage;
    if (request.isSeedDrawn) output.note(`Seed ${seeds.join()} (the same again: --seed ${seeds.join()})`);
    output.note(
      `${images.length} image${images.length === 1 ? "" : "s"} of ${width}x${height} on ${pipe.device}: loaded in ${formatDuration(milliseconds.load)}, made in ${formatDuration(milliseconds.generate)}`,
    );
    const { device } = pipe;
    output.result(reportGeneration({ request, files, device, steps, width, height, milliseconds }));
  } finally {
    await pipe.dispose();
  }
}

function samplingOptions(request: GenerateRequest) {
  const { batchSize, classLabels, numInferenceSteps, timesteps, seeds } = request;
  const labels = classLabels?.length === 1 ? classLabels[0] : classLabels;
  const [seed] = seeds;
  const randomness =
    seeds.length === 1 ? { seed } : { generator: seeds.map((value) => new TorchGenerator(value)) };
  return { batchSize, classLabels: labels, numInferenceSteps, timesteps, ...randomness };
}
