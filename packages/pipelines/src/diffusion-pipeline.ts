import type { RepositoryLocation } from "@onestep/hub";
import { openPipelineSource, type PipelineFromPretrainedOptions } from "./loading/load-components.ts";
import { type DiffusionPipeline as PipelineOfAnyClass, pipelineClassOf } from "./pipeline-classes.ts";

/** A pipeline of any class that makes images from noise. */
export type DiffusionPipeline = PipelineOfAnyClass;

/** Loads a pipeline of whatever class a repository names. */
export interface DiffusionPipelineLoader {
  /**
   * Reads `model_index.json`, picks the class that it names, and loads that; see
   * {@link DiffusionPipelineBase.fromPretrained}.
   *
   * @throws UnsupportedError where the class is not built here; the message lists those that are.
   */
  fromPretrained(
    source?: RepositoryLocation,
    options?: PipelineFromPretrainedOptions,
  ): Promise<DiffusionPipeline>;
}

/** Loads a pipeline of whatever class a repository names; diffusers' `DiffusionPipeline`. */
export const DiffusionPipeline: DiffusionPipelineLoader = {
  async fromPretrained(source, options = {}) {
    const opened = await openPipelineSource(source, options);
    return pipelineClassOf(opened).fromSource(opened, options);
  },
};
