import { InvalidArgumentError, InvalidConfigError, UnsupportedError } from "@onestep/core";
import { warn } from "@onestep/core/internal";
import { type OptionNames, pickOptions, requireKnownOptions } from "@onestep/core/internal/known-options";
import {
  type OpenRepositoryOptions,
  openRepository,
  openRepositoryOptionNames,
  type ReadOptions,
  type Repository,
  type RepositoryLocation,
} from "@onestep/hub";
import { type LoadModelOptions, planLoad, runOptionNames } from "@onestep/models";
import type { Scheduler } from "@onestep/schedulers";
import { findShippedCheckpoint } from "#shipped-checkpoint";
import { type Component, type ComponentEntry, componentFolderName, requireScheduler } from "./component.ts";
import {
  type ComponentClass,
  type ComponentRegistry,
  componentRegistry,
  findComponentClass,
  findComponentFolder,
  findModelClass,
} from "./component-registry.ts";
import type { ComponentSlot, ComponentSlots } from "./component-slots.ts";
import { type ModelIndex, modelIndexName, readModelIndex } from "./model-index.ts";

/** Options of `fromPretrained` of every pipeline. */
export interface LoadPipelineOptions extends Omit<LoadModelOptions, "subfolder">, OpenRepositoryOptions {
  /**
   * Additional classes for loading components, by library and class name: `{ "transformers/CLIPTextModel": MyTextModel
   * }`.
   */
  readonly componentClasses?: ComponentRegistry | undefined;
}

/** The names of {@link LoadPipelineOptions}. */
const loadOptionNames: OptionNames<LoadPipelineOptions> = {
  ...openRepositoryOptionNames,
  ...runOptionNames,
  variant: true,
  stateDictKey: true,
  componentClasses: true,
};

/** An open repository and its `model_index.json`. */
export interface PipelineSource {
  readonly repository: Repository;
  readonly modelIndex: ModelIndex;
}

/** The static fields of a pipeline class that define its `fromPretrained` options. */
interface LoadableClass {
  readonly components: ComponentSlots;
  readonly settingNames?: readonly string[];
  readSettings?(source: PipelineSource, options: object): object;
}

/**
 * Validates the option names of `fromPretrained`, before anything is fetched.
 *
 * @param name - The name of what is loaded, for messages.
 * @param pipelineClasses - The possible classes.
 * @throws InvalidArgumentError if one is neither a loading option, nor a component or setting of a class.
 */
export function requireLoadOptions(
  name: string,
  options: object,
  ...pipelineClasses: readonly LoadableClass[]
): void {
  const own = pipelineClasses.flatMap(({ components, settingNames = [] }) => [
    ...Object.keys(components),
    ...settingNames,
  ]);
  // Undeclared settings may have any name.
  if (pipelineClasses.some(({ readSettings, settingNames }) => readSettings && !settingNames)) return;
  requireKnownOptions(`${name}.fromPretrained`, options, {
    ...loadOptionNames,
    ...Object.fromEntries(own.map((option) => [option, true] as const)),
  });
}

/** The input of {@link loadComponents}. */
export interface ComponentsToLoad {
  /** The components of the pipeline. */
  readonly slots: ComponentSlots;
  /** The class of the pipeline, for messages. */
  readonly pipeline: string;
  /** Components passed by the caller, by name; null omits an optional one. */
  readonly given: Readonly<Record<string, unknown>>;
}

/** The components of a pipeline. */
export interface LoadedComponents {
  /** All components by name; null for an absent optional one. */
  readonly components: Readonly<Record<string, Component | null>>;
  /** The components loaded here, which must be disposed of. */
  readonly loaded: readonly Component[];
}

/**
 * Opens a pipeline's repository and reads its index, once the values of the options are checked.
 *
 * @param source - Defaults to the bundled checkpoint (`@onestep/emoji32`).
 * @throws InvalidArgumentError if an option is invalid; UnsupportedError if the device is not available here.
 */
export async function openPipelineSource(
  source: RepositoryLocation | undefined,
  options: LoadPipelineOptions,
): Promise<PipelineSource> {
  const location = source ?? findShippedCheckpoint();
  // What was dropped on a page has to be read before the event is over.
  if (typeof location === "string" || location instanceof URL) await planLoad(options);
  const repository = await openRepository(location, {
    ...pickOptions<OpenRepositoryOptions>(options, openRepositoryOptionNames),
    holdRevision: true,
  });
  const { signal, onProgress } = options;
  return { repository, modelIndex: await readModelIndex(repository, { signal, onProgress }) };
}

/**
 * Loads a pipeline's components with the classes named in the index, except those passed by the caller. Then marks the
 * repository's commit as complete.
 *
 * @throws InvalidArgumentError if a component passed by the caller is unsuitable; thrown before anything is fetched.
 * @throws InvalidConfigError if the index lacks a required component.
 * @throws UnsupportedError if no registry has its class.
 */
export async function loadComponents(
  source: PipelineSource,
  { slots, pipeline, given }: ComponentsToLoad,
  options: LoadPipelineOptions,
): Promise<LoadedComponents> {
  if (given["scheduler"] != null) requireScheduler(given["scheduler"]);
  for (const [name, slot] of Object.entries(slots)) {
    if (given[name] != null && !isRequest(slot, given[name])) slot.check?.(given[name]);
  }
  warnOfUnused(source, { slots, pipeline, given });
  const { signal, onProgress, variant } = options;
  const folders = Object.entries(slots).flatMap(([name, slot]) =>
    isLoaded(slot, given[name]) ? [componentFolderName(name)] : [],
  );
  const variants = await findVariants(source.repository, variant, folders, { signal, onProgress });
  const components: Record<string, Component | null> = {};
  const loaded: Component[] = [];
  try {
    for (const [name, slot] of Object.entries(slots)) {
      if (!isLoaded(slot, given[name])) {
        components[name] = (given[name] || null) as Component | null;
        continue;
      }
      const own = { ...options, variant: variants.of(componentFolderName(name)) };
      const component = await loadComponent(source, name, slot, own);
      components[name] = component;
      if (component !== null) loaded.push(component);
    }
    await source.repository.settle?.();
  } catch (error) {
    await disposeAll(loaded).catch(() => undefined);
    throw error;
  }
  return { components, loaded };
}

/** Whether a caller asks for a component that is loaded on request, or declines it. */
function isRequest({ onRequest }: ComponentSlot, given: unknown): boolean {
  return onRequest !== undefined && typeof given === "boolean";
}

/** Whether a component comes from the repository. */
function isLoaded(slot: ComponentSlot, given: unknown): boolean {
  if (slot.onRequest !== undefined) return given === true;
  return given === undefined || (given === null && !slot.isOptional);
}

/** Loads the scheduler named in an index. */
export async function loadSchedulerOf(
  source: PipelineSource,
  options: LoadPipelineOptions,
): Promise<Scheduler> {
  const scheduler: unknown = await loadComponent(source, "scheduler", {}, options);
  requireScheduler(scheduler);
  return scheduler;
}

/** Disposes of all components, even if some fail. @throws The first error. */
export async function disposeAll(components: readonly Component[]): Promise<void> {
  const outcomes = await Promise.allSettled(components.map(async (component) => component.dispose?.()));
  const failure = outcomes.find(({ status }) => status === "rejected");
  if (failure?.status === "rejected") throw failure.reason;
}

/**
 * The class of a component, unwrapped from torch's wrapper classes, and its loader.
 *
 * @param name - The name of its folder.
 * @throws InvalidConfigError if the index does not name it.
 * @throws UnsupportedError if no registry has its class.
 */
export async function resolveComponent(
  { repository, modelIndex }: PipelineSource,
  name: string,
  slot: ComponentSlot,
  options: ReadOptions & Pick<LoadPipelineOptions, "componentClasses"> = {},
): Promise<{ readonly className: string; readonly componentClass: ComponentClass }> {
  const entry = requireEntry(repository, modelIndex, name);
  const { componentClasses = {}, signal, onProgress } = options;
  const className = await findModelClass(repository, name, entry.className, { signal, onProgress });
  const { classes = componentRegistry } = slot;
  const componentClass = findComponentClass({ ...entry, className }, [componentClasses, classes]);
  if (componentClass !== undefined) return { className, componentClass };
  const known = [...new Set(Object.keys({ ...componentClasses, ...classes }).map(nameOfKey))];
  throw new UnsupportedError({
    subject: `${name} of ${repository.name}`,
    found: className,
    expected: known.length > 2 ? `one of ${known.join(", ")}` : known.join(" or "),
    remedy:
      slot.remedy ??
      `Pass what loads it: \`componentClasses: { ${JSON.stringify(`${entry.library}/${className}`)}: … }\`.`,
  });
}

async function loadComponent(
  source: PipelineSource,
  name: string,
  slot: ComponentSlot,
  options: LoadPipelineOptions,
): Promise<Component | null> {
  const { repository, modelIndex } = source;
  const folder = componentFolderName(name);
  const entry = modelIndex.components.get(folder);
  if (entry === undefined && slot.isOptional && slot.onRequest === undefined) return null;
  const { signal, onProgress } = options;
  const resolved = await resolveComponent(source, folder, slot, options).catch((error: unknown) => {
    if (!slot.isOptional || slot.onRequest || !UnsupportedError.isInstance(error)) throw error;
    warn(`${error.message} Without it, it is left out, and of what is saved too.`, "component");
    return undefined;
  });
  if (resolved === undefined) return null;
  const { className, componentClass } = resolved;
  onProgress?.({ type: "component-start", component: folder });
  const { library, className: named } = requireEntry(repository, modelIndex, folder);
  if (named !== className) {
    warn(
      `model_index.json of ${repository.name}: the ${folder} is a ${named}, which torch wraps a model in. It is loaded as the ${className} that its config names; "${folder}": ["${library}", "${className}"] is what belongs there.`,
      "component",
    );
  }
  const { configName } = componentClass;
  const subfolder =
    configName === undefined
      ? folder
      : await findComponentFolder(repository, folder, configName, { signal, onProgress });
  const component = await componentClass.fromRepository(repository, {
    ...options,
    subfolder,
    library,
    className,
  });
  onProgress?.({ type: "component-end", component: folder });
  return component;
}

/** As in diffusers: components the pipeline does not declare are skipped with a warning, as it may be the wrong pipeline. */
function warnOfUnused(
  { repository, modelIndex }: PipelineSource,
  { slots, pipeline, given }: ComponentsToLoad,
): void {
  const used = new Set(Object.keys(slots).map(componentFolderName));
  for (const [name, { onRequest }] of Object.entries(slots)) {
    if (onRequest === undefined) continue;
    for (const companion of onRequest.companions) used.add(companion);
    if (given[name] !== undefined || !modelIndex.components.has(componentFolderName(name))) continue;
    warn(`${repository.name}: ${onRequest.warning}`, "component");
  }
  const unused = [...modelIndex.components].filter(([name]) => !used.has(name));
  if (unused.length === 0) return;
  const names = unused.map(([name, { className }]) => `${name} (${className})`).join(", ");
  const other =
    modelIndex.className === pipeline
      ? ""
      : ` The repository is that of a ${modelIndex.className}, whose images may need it.`;
  warn(
    `${modelIndexName} of ${repository.name} names ${names}, which ${pipeline} does not run: it is left out, and of what is saved too.${other}`,
    "component",
  );
}

function requireEntry(
  repository: Repository,
  { className, components }: ModelIndex,
  name: string,
): ComponentEntry {
  const entry = components.get(name);
  if (entry !== undefined) return entry;
  const names = [...components.keys()];
  throw new InvalidConfigError({
    subject: `model_index.json of ${repository.name}`,
    found: `${names.length === 0 ? "no components" : `the components ${names.join(", ")}`} of a ${className}`,
    expected: `a component ${name}`,
    remedy: `Load a pipeline that has one, or pass \`${name}\` yourself.`,
    summary: `model_index.json of ${repository.name}, a ${className}, has no component ${name}${names.length === 0 ? "" : ` (it has ${names.join(", ")})`}.`,
  });
}

function nameOfKey(key: string): string {
  return key.slice(key.indexOf("/") + 1);
}

/** The components of a repository with weights of a variant. */
interface Variants {
  /** The variant to load a component with; undefined for its plain files. */
  of(folder: string): string | undefined;
}

const weightsName =
  /^(?:diffusion_pytorch_)?(?:pytorch_)?model(?:\.([\w-]+?))?(?:-\d{5}-of-\d{5})?\.(safetensors|bin)$/;

/**
 * Finds the components with weights of a variant: the others load from their plain files, with one warning naming both
 * (diffusers `pipelines/pipeline_loading_utils.py`, `variant_compatible_siblings`). Plain safetensors take precedence
 * over the variant's torch files. Fetches nothing.
 *
 * @param folders - The folders of the components to load weights for.
 * @throws InvalidArgumentError if none has the variant.
 */
async function findVariants(
  repository: Repository,
  variant: string | undefined,
  folders: readonly string[],
  options: ReadOptions,
): Promise<Variants> {
  const paths = variant === undefined ? undefined : await listPaths(repository, options);
  if (variant === undefined || paths === undefined) return { of: () => variant };
  const files = folders.map((folder) => ({ folder, ...sortFiles(paths, folder, variant) }));
  const withWeights = files.filter(({ others, isOwn, hasPlain }) => isOwn || hasPlain || others.size > 0);
  const own = withWeights.filter(({ isOwn }) => isOwn).map(({ folder }) => folder);
  const plain = withWeights.filter(({ isOwn }) => !isOwn).map(({ folder }) => folder);
  if (own.length === 0 && withWeights.length > 0) throw noSuchVariant(repository, variant, files);
  if (plain.length > 0) {
    warn(
      `${repository.name}: ${own.join(", ")} ${own.length === 1 ? "has" : "have"} weights of the variant ${JSON.stringify(variant)}, and ${plain.join(", ")} ${plain.length === 1 ? "has" : "have"} none: the plain files are loaded there.`,
      "component",
    );
  }
  return { of: (folder) => (plain.includes(folder) ? undefined : variant) };
}

function sortFiles(
  paths: readonly string[],
  folder: string,
  variant: string,
): { readonly isOwn: boolean; readonly hasPlain: boolean; readonly others: ReadonlySet<string> } {
  const found = paths.flatMap((path) => {
    if (!path.startsWith(`${folder}/`)) return [];
    const [whole, name, ending] = weightsName.exec(path.slice(folder.length + 1)) ?? [];
    return whole === undefined ? [] : [{ name, ending }];
  });
  const has = (name: string | undefined, ending: string): boolean =>
    found.some((file) => file.name === name && file.ending === ending);
  const isOwn = has(variant, "safetensors") || (has(variant, "bin") && !has(undefined, "safetensors"));
  const others = new Set(found.flatMap(({ name }) => (name === undefined ? [] : [name])));
  return { isOwn, hasPlain: found.some(({ name }) => name === undefined), others };
}

function noSuchVariant(
  repository: Repository,
  variant: string,
  files: readonly { readonly others: ReadonlySet<string> }[],
): InvalidArgumentError {
  const others = [...new Set(files.flatMap(({ others: names }) => [...names]))].sort();
  return new InvalidArgumentError({
    subject: `variant of ${repository.name}`,
    found: JSON.stringify(variant),
    expected:
      others.length === 0
        ? "no variant: there are plain files alone"
        : others.map((name) => JSON.stringify(name)).join(" or "),
    remedy:
      others.length === 0
        ? "Leave `variant` out."
        : `Pass \`variant: ${JSON.stringify(others[0])}\`, or leave it out.`,
  });
}

async function listPaths(
  repository: Repository,
  options: ReadOptions,
): Promise<readonly string[] | undefined> {
  try {
    return await repository.list(options);
  } catch {
    options.signal?.throwIfAborted();
    return undefined;
  }
}
