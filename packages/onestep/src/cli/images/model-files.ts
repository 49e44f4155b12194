import { pickOptions } from "@onestep/core/internal/known-options";
import {
  OfflineError,
  type OpenRepositoryOptions,
  openRepository,
  openRepositoryOptionNames,
  type Repository,
} from "@onestep/hub";
import type { ModelDefinition } from "@onestep/models";
import {
  componentFolderName,
  findPromptPipelineClass,
  type PipelineSource,
  pipelineClassOf,
} from "@onestep/pipelines";
import type { RepositorySettings } from "../arguments/repository-options.ts";
import type { Output } from "../output/output.ts";
import { modelDefinitionOf } from "./prompt-models.ts";

type WeightsNames = NonNullable<ModelDefinition<never>["weightsNames"]>;

const diffusersNames: WeightsNames = {
  safetensors: "diffusion_pytorch_model",
  bin: "diffusion_pytorch_model",
};

/** The settings that open a repository or a file: the hub refuses options that it does not have. */
export function openingSettings(settings: RepositorySettings): OpenRepositoryOptions {
  return pickOptions<OpenRepositoryOptions>(settings, openRepositoryOptionNames);
}

/**
 * The weights files in a listing that would be loaded, in the order of `openCheckpoint`: safetensors before torch
 * files; shards before a single safetensors file if their index exists.
 */
export function chooseWeights(
  paths: readonly string[],
  folder: string,
  variant: string | undefined,
  names: WeightsNames = diffusersNames,
): readonly string[] {
  const suffix = variant === undefined ? "" : `.${variant}`;
  for (const ending of [".safetensors", ".bin"]) {
    const stem = ending === ".bin" ? names.bin : names.safetensors;
    const base = `${folder === "" ? "" : `${folder}/`}${stem}`;
    const whole = paths.filter((path) => path === base + suffix + ending);
    // The variant precedes the shard number; for a while it followed it.
    const shards = paths.filter((path) => {
      const name = path.startsWith(base) ? path.slice(base.length) : "";
      const number = /-\d+-of-\d+/.exec(name)?.[0] ?? "";
      return number !== "" && [suffix + number + ending, number + suffix + ending].includes(name);
    });
    const indexes = [`${ending}.index${suffix}.json`, `${ending}${suffix}.index.json`];
    const isIndexed = ending === ".safetensors" && indexes.some((name) => paths.includes(base + name));
    const [first, second] = isIndexed ? [shards, whole] : [whole, shards];
    if (first.length > 0) return first;
    if (second.length > 0) return second;
  }
  return [];
}

/**
 * The weights files that a component is loaded from: those of the variant or, if there are none, the plain ones, as
 * pipelines load them. Plain safetensors take precedence over the variant's torch files.
 */
export function findWeights(
  paths: readonly string[],
  folder: string,
  variant: string | undefined,
  names?: WeightsNames,
): readonly string[] {
  const plain = chooseWeights(paths, folder, undefined, names);
  const own = variant === undefined ? [] : chooseWeights(paths, folder, variant, names);
  const isSafe = (files: readonly string[]): boolean => files[0]?.endsWith(".safetensors") === true;
  return own.length > 0 && (isSafe(own) || !isSafe(plain)) ? own : plain;
}

/** The files that the pipeline of a repository is loaded from, by the list of its files. */
export function listModelFiles(
  source: PipelineSource,
  paths: readonly string[],
  variant: string | undefined,
): readonly string[] {
  const { modelIndex } = source;
  const slots = (findPromptPipelineClass(modelIndex.className, "text") ?? pipelineClassOf(source)).components;
  const needed = new Set<string>(paths.filter((path) => path === "model_index.json"));
  for (const slot of Object.keys(slots)) {
    const folder = componentFolderName(slot);
    const className = modelIndex.components.get(folder)?.className;
    if (className === undefined) continue;
    const files = listComponentFiles(paths, folder, {
      isScheduler: slot === "scheduler",
      className,
      variant,
    });
    for (const path of files) needed.add(path);
  }
  return [...needed].sort();
}

/** A component of a pipeline. */
interface ListedComponent {
  readonly className: string;
  readonly isScheduler: boolean;
  readonly variant: string | undefined;
}

function listComponentFiles(
  paths: readonly string[],
  folder: string,
  { className, isScheduler, variant }: ListedComponent,
): readonly string[] {
  const definition = modelDefinitionOf(className);
  const isModel = definition !== undefined || folder === "unet";
  const configs = isScheduler ? ["scheduler_config.json", "config.json"] : ["config.json"];
  // Early repositories have no folders.
  const place = configs.some((name) => paths.includes(`${folder}/${name}`)) ? folder : "";
  const prefix = place === "" ? "" : `${place}/`;
  if (isModel) {
    const weights = findWeights(paths, place, variant, definition?.weightsNames);
    return [
      ...paths.filter((path) => path === `${prefix}config.json`),
      ...weights,
      ...indexesOf(paths, weights),
    ];
  }
  if (isScheduler) return paths.filter((path) => path === `${prefix}scheduler_config.json`);
  return paths.filter((path) => path.startsWith(`${folder}/`) && /\.(json|txt|model)$/.test(path));
}

/** The indexes of shards. */
function indexesOf(paths: readonly string[], weights: readonly string[]): readonly string[] {
  const [first = ""] = weights;
  if (!/-\d+-of-\d+/.test(first)) return [];
  const folder = first.slice(0, first.lastIndexOf("/") + 1);
  const ending = first.slice(first.lastIndexOf("."));
  return paths.filter(
    (path) =>
      path.startsWith(folder) &&
      !path.slice(folder.length).includes("/") &&
      path.includes(`${ending}.index`) &&
      path.endsWith(".json"),
  );
}

/** The files of a repository that are not in the cache yet, with their sizes; those of unknown size are left out. */
export async function sizeMissingFiles(
  repository: Repository,
  paths: readonly string[],
  settings: RepositorySettings,
): Promise<ReadonlyMap<string, number>> {
  const { signal } = settings;
  // Offline, a file that is not in the cache is an error instead of a download.
  const offline = {
    ...openingSettings(settings),
    revision: repository.commit,
    localFilesOnly: true,
    onProgress: undefined,
  };
  const cached = await openRepository(repository.name, offline).catch(ignoreOffline);
  const sizes = new Map<string, number>();
  for (const path of paths) {
    const file = await cached?.find(path, { signal }).catch(ignoreOffline);
    const size = file === undefined ? await repository.sizeOf?.(path, { signal }) : undefined;
    if (size !== undefined) sizes.set(path, size);
  }
  return sizes;
}

function ignoreOffline(error: unknown): undefined {
  if (!OfflineError.isInstance(error)) throw error;
}

/**
 * Announces the files of a model on the Hub that are going to be fetched, for a total over all of them. Whatever goes
 * wrong here is left to the load itself, which reports it better.
 */
export async function announceDownload(
  source: PipelineSource,
  settings: RepositorySettings,
  output: Output,
): Promise<void> {
  const { repository } = source;
  if (repository.commit === undefined || settings.localFilesOnly === true) return;
  try {
    const paths = await repository.list({ signal: settings.signal });
    if (paths === undefined) return;
    const needed = listModelFiles(source, paths, settings.variant);
    output.progress.expect({ verb: "Fetching", files: await sizeMissingFiles(repository, needed, settings) });
  } catch {
    settings.signal?.throwIfAborted();
  }
}
