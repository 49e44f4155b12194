import { InvalidConfigError, UnsupportedError, warn } from "@onestep/core";
import {
  type OpenRepositoryOptions,
  openRepository,
  type ReadOptions,
  type Repository,
  type RepositoryLocation,
} from "@onestep/hub";
import { type LoadModelOptions, UNet2DModel } from "@onestep/models";
import { loadScheduler, type Scheduler } from "@onestep/schedulers";
import { findShippedCheckpoint } from "#shipped-checkpoint";
import { type Id2Label, parseId2Label } from "../class-names.ts";
import { type ModelIndex, readId2Label, readModelIndex } from "../model-index/model-index.ts";
import type { PipelineParts } from "../pipeline-components.ts";
import { findComponentFolder } from "./find-component-folder.ts";
import { findUnetClass } from "./find-unet-class.ts";
import { requireScheduler } from "./require-scheduler.ts";

/** Options of `fromPretrained` of every pipeline. */
export interface PipelineFromPretrainedOptions
  extends Omit<LoadModelOptions, "subfolder">,
    OpenRepositoryOptions {
  /** A model to use in place of the repository's. */
  readonly unet?: UNet2DModel | undefined;
  /** A scheduler to use in place of the repository's. */
  readonly scheduler?: Scheduler | undefined;
  /** Names of the model's classes by class id, in place of the repository's; {} for none. */
  readonly id2label?: Id2Label | undefined;
}

/** An open repository and what its `model_index.json` says. */
export interface PipelineSource {
  readonly repository: Repository;
  readonly modelIndex: ModelIndex;
}

/**
 * Opens a pipeline's repository and reads its index.
 *
 * @param source - Without it, the checkpoint that ships (`@onestep/emoji32`).
 */
export async function openPipelineSource(
  source: RepositoryLocation | undefined,
  options: OpenRepositoryOptions,
): Promise<PipelineSource> {
  const location = source ?? findShippedCheckpoint();
  const repository = await openRepository(location, { ...options, holdRevision: true });
  const { signal, onProgress } = options;
  return { repository, modelIndex: await readModelIndex(repository, { signal, onProgress }) };
}

/**
 * Loads the components that an index names, of the classes that it names, but for those that the caller brings, and the
 * names of the model's classes. Then the repository is settled: the commit is whole.
 *
 * @param pipeline - The class of the pipeline, for the warning that names components which it does not run.
 */
export async function loadComponents(
  source: PipelineSource,
  options: PipelineFromPretrainedOptions,
  pipeline: string,
): Promise<PipelineParts> {
  const { repository, modelIndex } = source;
  // What the caller brings, null for what is left out, is checked before anything is fetched.
  if (options.scheduler != null) requireScheduler(options.scheduler);
  const id2label =
    options.id2label === undefined ? readId2Label(source) : parseId2Label(options.id2label, "id2label");
  warnOfUnused(repository, modelIndex, pipeline);
  const scheduler = options.scheduler ?? (await loadSchedulerOf(source, options));
  const unet =
    options.unet ?? (await announce("unet", options, () => loadUnet(repository, modelIndex, options)));
  await repository.settle?.();
  return { unet, scheduler, id2label };
}

/** Loads the scheduler that an index names, of the class that it names. */
export async function loadSchedulerOf(
  { repository, modelIndex }: PipelineSource,
  options: PipelineFromPretrainedOptions,
): Promise<Scheduler> {
  const { signal, onProgress } = options;
  return announce("scheduler", options, () => {
    const className = requireComponent(repository, modelIndex, "scheduler");
    return loadScheduler(repository, { className, signal, onProgress });
  });
}

async function loadUnet(
  repository: Repository,
  modelIndex: ModelIndex,
  options: PipelineFromPretrainedOptions,
): Promise<UNet2DModel> {
  const { signal, onProgress } = options;
  const className = await requireUnetClass({ repository, modelIndex }, { signal, onProgress });
  const named = modelIndex.components.get("unet");
  if (named !== className) {
    warn(
      `model_index.json of ${repository.name}: the unet is a ${named}, which torch wraps a model in. It is loaded as the ${className} that its config names; "unet": ["diffusers", "${className}"] is what belongs there.`,
    );
  }
  const subfolder = await findComponentFolder(repository, "unet", "config.json", { signal, onProgress });
  return UNet2DModel.fromRepository(repository, { ...options, subfolder });
}

/** As diffusers does: what a pipeline has no place for is left out, and the pipeline may not be the right one. */
function warnOfUnused(repository: Repository, { className, components }: ModelIndex, pipeline: string): void {
  const unused = [...components].filter(([name]) => name !== "unet" && name !== "scheduler");
  if (unused.length === 0) return;
  const names = unused.map(([name, componentClass]) => `${name} (${componentClass})`).join(", ");
  const other =
    className === pipeline ? "" : ` The repository is that of a ${className}, whose images may need it.`;
  warn(
    `model_index.json of ${repository.name} names ${names}, which ${pipeline} does not run: it is left out, and of what is saved too.${other}`,
  );
}

function requireComponent(repository: Repository, modelIndex: ModelIndex, name: string): string {
  const className = modelIndex.components.get(name);
  if (className !== undefined) return className;
  const names = [...modelIndex.components.keys()];
  throw new InvalidConfigError({
    subject: `model_index.json of ${repository.name}`,
    found: `${names.length === 0 ? "no components" : `the components ${names.join(", ")}`} of a ${modelIndex.className}`,
    expected: `a component ${name}`,
    remedy: `Load a pipeline that has one, or pass \`${name}\` yourself.`,
  });
}

/**
 * The class of the UNet, which may lie inside of a wrapper of torch's.
 *
 * @throws UnsupportedError where it is another model than runs here.
 */
export async function requireUnetClass(
  { repository, modelIndex }: PipelineSource,
  options: ReadOptions = {},
): Promise<string> {
  const named = requireComponent(repository, modelIndex, "unet");
  const className = await findUnetClass(repository, named, options);
  if (className === "UNet2DModel") return className;
  throw new UnsupportedError({
    subject: `unet of ${repository.name}`,
    found: className,
    expected: "UNet2DModel",
    remedy:
      "Load an unconditional or class-conditional pixel model, openai/diffusers-cd_imagenet64_l2 for one.",
  });
}

async function announce<Component>(
  component: string,
  options: PipelineFromPretrainedOptions,
  load: () => Promise<Component>,
): Promise<Component> {
  options.onProgress?.({ type: "component-start", component });
  const loaded = await load();
  options.onProgress?.({ type: "component-end", component });
  return loaded;
}
