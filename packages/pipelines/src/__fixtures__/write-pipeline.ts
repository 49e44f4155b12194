import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type PipelineToWrite, pipelineFiles } from "./pipeline-files.ts";

/** Writes the folder of a pipeline, as diffusers does. */
export async function writePipeline(folder: string, pipeline: PipelineToWrite): Promise<void> {
  for (const [path, pieces] of Object.entries(pipelineFiles(pipeline))) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), pieces);
  }
}
