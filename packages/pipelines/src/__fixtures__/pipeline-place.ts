import type { RepositoryLocation } from "@onestep/hub";
import { afterAll } from "vitest";
import { type PipelineToWrite, pipelineFiles } from "./pipeline-files.ts";

/**
 * Where the tests of a file place pipelines to load: a folder in Node, which is removed after them, `Blob`s in a browser.
 * To be called at the top of the file.
 */
export function pipelinePlace(): (pipeline: PipelineToWrite) => Promise<RepositoryLocation> {
  const cleanUp: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const remove of cleanUp) await remove();
  });
  return async (pipeline) => {
    if ("document" in globalThis) {
      const files = Object.entries(pipelineFiles(pipeline));
      return new Map(files.map(([path, pieces]) => [path, new Blob([...pieces])]));
    }
    const [{ mkdtemp, rm }, { tmpdir }, { join }, { writePipeline }] = await Promise.all([
      import("node:fs/promises"),
      import("node:os"),
      import("node:path"),
      import("./write-pipeline.ts"),
    ]);
    const folder = await mkdtemp(join(tmpdir(), "onestep-pipeline-"));
    cleanUp.push(() => rm(folder, { recursive: true, force: true }));
    await writePipeline(folder, pipeline);
    return folder;
  };
}
