import { joinPath, saveFile } from "@onestep/core";
import type { SaveModelOptions, UNet2DModel } from "@onestep/models";
import type { Device } from "@onestep/runtime";
import type { Scheduler } from "@onestep/schedulers";
import {
  componentClassName,
  formatModelIndex,
  type ModelIndex,
  modelIndexName,
} from "./model-index/model-index.ts";

/** The parts of a pipeline. */
export interface PipelineComponents {
  readonly unet: UNet2DModel;
  readonly scheduler: Scheduler;
}

/**
 * What every pipeline over a UNet and a scheduler shares; diffusers' `DiffusionPipeline`.
 */
export abstract class DiffusionPipelineBase {
  /** The model. */
  readonly unet: UNet2DModel;
  /** The scheduler; assign another to sample with that. A run uses a clone of it, so concurrent runs do not meet. */
  scheduler: Scheduler;
  /** The class as `model_index.json` names it. */
  abstract readonly className: string;
  readonly #modelIndex: ModelIndex | undefined;

  /** @param modelIndex - The index the components were loaded by, for saving it again. */
  constructor(components: PipelineComponents, modelIndex?: ModelIndex) {
    this.unet = components.unet;
    this.scheduler = components.scheduler;
    this.#modelIndex = modelIndex;
  }

  /** The parts by name, as another pipeline's constructor takes them. */
  get components(): PipelineComponents {
    return { unet: this.unet, scheduler: this.scheduler };
  }

  /** Where the model runs. */
  get device(): Device {
    return this.unet.device;
  }

  /**
   * Writes the pipeline into a folder, which `fromPretrained` and Python's diffusers load: `model_index.json`,
   * `scheduler/` and `unet/`. The folder is made where it is not there, and may be the one that the pipeline was loaded
   * from; the index is written last.
   *
   * @param options - How the model's weights are named and divided; see `UNet2DModel.savePretrained`.
   * @throws FileWriteError where it cannot be written. The part that failed is as it was.
   * @throws InvalidArgumentError where an option is wrong.
   */
  async savePretrained(directory: string | URL, options: SaveModelOptions = {}): Promise<void> {
    const { signal } = options;
    const classNames = Object.entries(this.components).map(
      ([name, component]) => [name, componentClassName(component) ?? component.constructor.name] as const,
    );
    const index = formatModelIndex(this.className, new Map(classNames), this.#modelIndex);
    await this.unet.savePretrained(joinPath(directory, "unet"), options);
    await this.scheduler.savePretrained(joinPath(directory, "scheduler"));
    await saveFile(directory, modelIndexName, index, { signal });
  }

  /** Frees the model's memory. Idempotent. Pipelines that share the model can no longer run. */
  async dispose(): Promise<void> {
    await this.unet.dispose();
  }

  /** Makes `await using pipe = …` free the memory at the end of the block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}
