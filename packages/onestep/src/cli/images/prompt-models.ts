import { setWarningHandler, UnsupportedError } from "@onestep/core";
import { parsePythonJson } from "@onestep/core/internal/files";
import {
  AutoencoderKL,
  AutoencoderTiny,
  CLIPTextModel,
  CLIPTextModelWithProjection,
  CLIPTokenizer,
  defineModel,
  type ExpectedWeight,
  listWeights,
  type ModelDefinition,
  UNet2DConditionModel,
} from "@onestep/models";
import {
  componentFolderName,
  type DiffusionPipelineBase,
  findComponentFolder,
  loadSchedulerOf,
  type PipelineSource,
  type PromptPipelineClass,
  resolveComponent,
} from "@onestep/pipelines";
import type { Scheduler, SchedulerClass } from "@onestep/schedulers";
import type { RepositorySettings } from "../arguments/repository-options.ts";

/** The models in text-to-image pipelines. */
const modelClasses: Readonly<Record<string, { readonly definition: ModelDefinition<never> }>> = {
  AutoencoderKL,
  AutoencoderTiny,
  CLIPTextModel,
  CLIPTextModelWithProjection,
  UNet2DConditionModel,
} as unknown as Readonly<Record<string, { readonly definition: ModelDefinition<never> }>>;

/** What a class of models is, by its name in `model_index.json`; `undefined` for a class without weights, and others. */
export function modelDefinitionOf(className: string): ModelDefinition<never> | undefined {
  return Object.hasOwn(modelClasses, className) ? modelClasses[className]?.definition : undefined;
}

/** A pipeline's model, as described by its config. */
export interface DescribedModel {
  readonly className: string;
  /** Its folder in the repository. */
  readonly folder: string;
  readonly definition: ModelDefinition<never>;
  readonly config: object;
  /** The weights it needs. */
  readonly weights: readonly ExpectedWeight[];
}

/**
 * Reads the config of a model, without its weights.
 *
 * @returns `undefined` for a class without weights: a tokenizer, a scheduler.
 * @throws InvalidConfigError, UnsupportedError if the config is invalid, or needs unsupported features.
 */
export async function describeModel(
  { repository }: PipelineSource,
  folder: string,
  className: string,
  { signal, onProgress }: Pick<RepositorySettings, "signal" | "onProgress">,
): Promise<DescribedModel | undefined> {
  const definition = modelDefinitionOf(className);
  if (definition === undefined) return undefined;
  const place = await findComponentFolder(repository, folder, "config.json", { signal, onProgress });
  const path = place === "" ? "config.json" : `${place}/config.json`;
  const file = await repository.get(path, { signal, onProgress });
  const name = `${file.path} of ${repository.name}`;
  const config = definition.configSchema.fromJson(parsePythonJson(await file.text({ signal }), name), name);
  const methods = ["forward", ...Object.keys(definition.methods ?? {})];
  const graphs = methods.map((method) => defineModel(definition, config, { method }));
  return { className, folder: place, definition, config, weights: listWeights(...graphs) };
}

class FirstPassReached extends Error {}

/** The result of a stand-in model. */
const refuse = (): Promise<never> => Promise.reject(new FirstPassReached());

/** A pipeline to rehearse. */
export interface Rehearsal {
  readonly pipelineClass: PromptPipelineClass;
  /** The scheduler to sample with, if not the model's own. */
  readonly schedulerClass: SchedulerClass | undefined;
  /** Calls `generate` of the pipeline. */
  generate(pipe: DiffusionPipelineBase): Promise<unknown>;
}

/** Components loaded for a rehearsal and reused for the run. */
export interface SmallComponents {
  readonly scheduler: Scheduler;
  readonly tokenizers: Readonly<Record<string, CLIPTokenizer>>;
}

/**
 * Rehearses a request before weights are fetched: `generate` runs up to the first model pass, with stand-ins that have
 * only the models' configs. Warnings are left to the actual run.
 *
 * @throws What `generate` throws before the first pass; UnsupportedError if the class of a component is not supported.
 */
export async function rehearsePrompt(
  source: PipelineSource,
  { pipelineClass, schedulerClass, generate }: Rehearsal,
  settings: RepositorySettings,
): Promise<SmallComponents> {
  const { signal, onProgress } = settings;
  const previous = setWarningHandler(() => undefined);
  try {
    const scheduler = await loadSchedulerOf(source, settings);
    const tokenizers: Record<string, CLIPTokenizer> = {};
    const parts: Record<string, unknown> = {};
    for (const [name, slot] of Object.entries(pipelineClass.components)) {
      const folder = componentFolderName(name);
      if (name === "scheduler") continue;
      if (slot.isOptional === true && !source.modelIndex.components.has(folder)) {
        parts[name] = null;
        continue;
      }
      const { className } = await resolveComponent(source, folder, slot, { signal, onProgress });
      const model = await describeModel(source, folder, className, settings);
      if (model === undefined) {
        tokenizers[name] = await CLIPTokenizer.fromRepository(source.repository, {
          subfolder: folder,
          ...settings,
        });
        parts[name] = tokenizers[name];
      } else {
        parts[name] = standInOf(model);
      }
    }
    const options = pipelineClass as unknown as {
      readSettings?(source: PipelineSource, options: object): object;
      new (parts: object): DiffusionPipelineBase;
    };
    const pipe = new options({ ...options.readSettings?.(source, {}), ...parts, scheduler });
    if (schedulerClass !== undefined) pipe.scheduler = schedulerClass.fromConfig(pipe.scheduler.config);
    await generate(pipe).catch((error: unknown) => {
      if (!(error instanceof FirstPassReached)) throw error;
    });
    return { scheduler, tokenizers };
  } finally {
    setWarningHandler(previous);
  }
}

function standInOf({ config, className }: DescribedModel): object {
  const { blockOutChannels = [], encoderBlockOutChannels } = config as {
    readonly blockOutChannels?: readonly number[];
    readonly encoderBlockOutChannels?: readonly number[];
  };
  return {
    config,
    device: "cpu",
    // Of an autoencoder.
    scaleFactor: 2 ** ((encoderBlockOutChannels ?? blockOutChannels).length - 1),
    forward: refuse,
    encode: refuse,
    decode: refuse,
    savePretrained: () =>
      Promise.reject(
        new UnsupportedError({
          subject: className,
          found: "a stand-in without weights",
          expected: "a model",
          remedy: "Load the pipeline first.",
        }),
      ),
  };
}
