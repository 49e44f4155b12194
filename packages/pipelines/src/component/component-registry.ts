import { isJsonObject } from "@onestep/core/internal";
import { parsePythonJson } from "@onestep/core/internal/files";
import type { ReadOptions, Repository } from "@onestep/hub";
import { type LoadModelOptions, UNet2DModel } from "@onestep/models";
import { loadScheduler, schedulerClasses } from "@onestep/schedulers";
import type { Component, ComponentEntry } from "./component.ts";

/** Options of {@link ComponentClass.fromRepository}: the component's location, and how to run it. */
export interface LoadComponentOptions extends LoadModelOptions, ComponentEntry {
  /** The component's folder in the repository; `""` for the root. */
  readonly subfolder: string;
}

/** How to load components of a class: any class with this static method. */
export interface ComponentClass<Loaded extends Component = Component> {
  /** Loads a component from its folder in an open repository. */
  fromRepository(repository: Repository, options: LoadComponentOptions): Promise<Loaded>;
  /**
   * The file that locates the component, if early repositories keep it at the root. Without it, the folder of its name
   * is used.
   */
  readonly configName?: string | undefined;
}

/** Component classes by library and class name, as in `model_index.json`: `"transformers/CLIPTextModel"`. */
export type ComponentRegistry = Readonly<Record<string, ComponentClass>>;

const schedulerLoader: ComponentClass = {
  // Looks at the root too.
  fromRepository: (repository, { subfolder, className, signal, onProgress }) =>
    loadScheduler(repository, { subfolder, className, signal, onProgress }),
};

/** Loads `UNet2DModel`, also from a repository's root (google/ddpm-cifar10-32). */
export const unet2DModelLoader: ComponentClass<UNet2DModel> = {
  configName: "config.json",
  fromRepository: (repository, options) => UNet2DModel.fromRepository(repository, options),
};

/** The component classes built into this package. */
export const componentRegistry: ComponentRegistry = Object.freeze({
  "diffusers/UNet2DModel": unet2DModelLoader,
  ...Object.fromEntries(schedulerClasses.map(({ className }) => [`diffusers/${className}`, schedulerLoader])),
});

/**
 * Finds the class that loads a component; `undefined` if no registry has it.
 *
 * An unknown library is ignored if diffusers has a class of that name. Every scheduler goes to `loadScheduler`, which
 * knows the substitutes for other classes and lists the supported ones in its error.
 */
export function findComponentClass(
  { library, className }: ComponentEntry,
  registries: readonly ComponentRegistry[],
): ComponentClass | undefined {
  for (const key of [`${library}/${className}`, `diffusers/${className}`]) {
    const registry = registries.find((one) => Object.hasOwn(one, key));
    if (registry !== undefined) return registry[key];
  }
  return className.endsWith("Scheduler") && registries.includes(componentRegistry)
    ? schedulerLoader
    : undefined;
}

/** Torch's wrapper classes for modules. */
const wrappers: ReadonlySet<string> = new Set([
  "OptimizedModule",
  "DistributedDataParallel",
  "DataParallel",
  "FullyShardedDataParallel",
]);

/**
 * The class of a model. If a pipeline was saved with its model wrapped in `torch.compile` or DistributedDataParallel,
 * `model_index.json` names the wrapper class; the model's own config names the actual class.
 *
 * @param name - The name of its folder.
 * @param className - The class in `model_index.json`.
 */
export async function findModelClass(
  repository: Repository,
  name: string,
  className: string,
  options: ReadOptions = {},
): Promise<string> {
  if (!wrappers.has(className)) return className;
  const folder = await findComponentFolder(repository, name, "config.json", options);
  const file = await repository.get(folder === "" ? "config.json" : `${folder}/config.json`, options);
  const config = parsePythonJson(await file.text(options), `${file.path} of ${repository.name}`);
  const own = isJsonObject(config) ? config["_class_name"] : undefined;
  return typeof own === "string" ? own : className;
}

/**
 * Finds the folder of a component: the one with its name, or the root in early repositories without folders
 * (google/ddpm-cifar10-32). diffusers looks in the same two places.
 *
 * @param configName - The file to look for: `config.json`, `scheduler_config.json`.
 * @returns The path of the folder, `""` for the root; the one with its name if the file is in neither.
 */
export async function findComponentFolder(
  repository: Repository,
  name: string,
  configName: string,
  options: ReadOptions = {},
): Promise<string> {
  if ((await repository.find(`${name}/${configName}`, options)) !== undefined) return name;
  return (await repository.find(configName, options)) === undefined ? name : "";
}
