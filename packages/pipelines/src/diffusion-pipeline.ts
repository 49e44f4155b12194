import { UnsupportedError } from "@onestep/core";
import type { RepositoryLocation } from "@onestep/hub";
import { ConsistencyModelPipeline } from "./consistency-models/consistency-model-pipeline.ts";
import {
  openPipelineSource,
  type PipelineFromPretrainedOptions,
  type PipelineSource,
} from "./loading/load-components.ts";

/** A pipeline of any class. */
export type DiffusionPipeline = ConsistencyModelPipeline;

/** Loads a pipeline of whatever class a repository names. */
export interface DiffusionPipelineLoader {
  /**
   * Reads `model_index.json`, picks the class that it names, and loads that; see
   * {@link ConsistencyModelPipeline.fromPretrained}.
   *
   * @throws UnsupportedError where the class is not built here; the message lists those that are.
   */
  fromPretrained(
    source?: RepositoryLocation,
    options?: PipelineFromPretrainedOptions,
  ): Promise<DiffusionPipeline>;
}

interface PipelineClass {
  fromSource(source: PipelineSource, options: PipelineFromPretrainedOptions): Promise<DiffusionPipeline>;
}

const pipelineClasses: Readonly<Record<string, PipelineClass>> = { ConsistencyModelPipeline };

/** Loads a pipeline of whatever class a repository names; diffusers' `DiffusionPipeline`. */
export const DiffusionPipeline: DiffusionPipelineLoader = {
  async fromPretrained(source, options = {}) {
    const opened = await openPipelineSource(source, options);
    const { className } = opened.modelIndex;
    const pipelineClass = Object.hasOwn(pipelineClasses, className) ? pipelineClasses[className] : undefined;
    if (pipelineClass === undefined) {
      throw new UnsupportedError({
        subject: `model_index.json of ${opened.repository.name}`,
        found: `a ${className}`,
        expected: `a pipeline that is built here: ${Object.keys(pipelineClasses).join(", ")}`,
        remedy: "Load a repository of such a pipeline.",
      });
    }
    return pipelineClass.fromSource(opened, options);
  },
};
