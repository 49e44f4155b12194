import type { RepositoryLocation } from "@onestep/hub";
import type { NoiseProcess, Scheduler } from "@onestep/schedulers";
import type { ComponentSlots } from "./component/component-slots.ts";
import type { LoadPipelineOptions, PipelineSource } from "./component/load-components.ts";
import type { DiffusionPipelineBase } from "./pipeline.ts";

/** The component that every pipeline has. */
export interface PipelineComponents {
  readonly scheduler: Scheduler;
}

/** The constructor argument of a pipeline: its components and settings. */
export type PartsOf<Pipeline extends DiffusionPipelineBase> = Pipeline["components"] & Pipeline["settings"];

/** Options of `fromPretrained` of a pipeline: loading options, and components and settings to override. */
export type FromPretrainedOptions<Pipeline extends DiffusionPipelineBase> = LoadPipelineOptions & {
  readonly [Name in keyof PartsOf<Pipeline>]?:
    | PartsOf<Pipeline>[Name]
    | (undefined extends PartsOf<Pipeline>[Name] ? boolean : never)
    | null
    | undefined;
};

/**
 * The type of a class's `fromPretrained`: that of {@link DiffusionPipelineBase}, and a last overload that
 * `ReturnType<typeof ConsistencyModelPipeline.fromPretrained>` can read.
 */
export type PipelineLoader<Pipeline extends DiffusionPipelineBase> =
  typeof DiffusionPipelineBase.fromPretrained &
    ((source?: RepositoryLocation, options?: FromPretrainedOptions<Pipeline>) => Promise<Pipeline>);

/** The static side of a pipeline class, as {@link DiffusionPipelineBase.fromPretrained} uses it. */
export interface PipelineConstructor<Pipeline extends DiffusionPipelineBase = DiffusionPipelineBase> {
  new (parts: PartsOf<Pipeline>): Pipeline;
  readonly name: string;
  /** The class name in `model_index.json`. Pipelines of a class without it cannot be saved. */
  readonly className?: string;
  /** How the pipeline's models were trained. Without it, schedulers are not checked against the model. */
  readonly noiseProcess?: NoiseProcess;
  /** Its components. */
  readonly components: ComponentSlots;
  /**
   * Reads and validates the settings in an index, before any component is loaded.
   *
   * @param options - The options of `fromPretrained`; their settings override the index.
   */
  readSettings?(source: PipelineSource, options: object): object;
  /** The names of the settings. Without it, unknown `fromPretrained` options are not detected if the class has settings. */
  readonly settingNames?: readonly string[];
}
