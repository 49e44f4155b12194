import { InvalidConfigError, type PythonJson } from "@onestep/core";
import { createConfig, describeJson, isJsonObject } from "@onestep/core/internal";
import { formatConfig, parsePythonJson } from "@onestep/core/internal/files";
import { EntryNotFoundError, type ReadOptions, type Repository } from "@onestep/hub";
import type { ComponentEntry } from "./component.ts";

/** The name of the file that lists the class of each component of a pipeline. */
export const modelIndexName = "model_index.json";

/** The content of `model_index.json`: the pipeline's class, and each component's library and class. */
export interface ModelIndex {
  /** The pipeline's class, `ConsistencyModelPipeline`. */
  readonly className: string;
  /** The components by folder name, without those that are null. */
  readonly components: ReadonlyMap<string, ComponentEntry>;
  /** Every entry of the file unchanged, for saving it again. */
  readonly entries: ReadonlyMap<string, PythonJson>;
}

/** Entries of `model_index.json` that are lists or objects but not components. */
const settingNames: ReadonlySet<string> = new Set(["id2label"]);

/**
 * Reads `model_index.json`.
 *
 * @throws EntryNotFoundError if the repository has no such file.
 * @throws InvalidConfigError if it does not name a class, or a component is not `[library, class]`.
 */
export async function readModelIndex(repository: Repository, options: ReadOptions): Promise<ModelIndex> {
  const file = await repository.find(modelIndexName, options);
  if (file === undefined) throw await missingModelIndex(repository, options);
  const source = `${modelIndexName} of ${repository.name}`;
  return parseModelIndex(parsePythonJson(await file.text(options), source), source);
}

/**
 * Checks the content of a `model_index.json`.
 *
 * @example
 * const { className } = parseModelIndex('{"_class_name": "DDPMPipeline"}', "model_index.json");
 */
export function parseModelIndex(document: PythonJson, source: string): ModelIndex {
  if (!isJsonObject(document)) throw invalidModelIndex(source, describeJson(document), "a JSON object");
  const className = document["_class_name"];
  if (typeof className !== "string") {
    throw invalidModelIndex(
      source,
      className === undefined ? "no _class_name" : `_class_name ${describeJson(className)}`,
      "the name of a pipeline class in _class_name",
    );
  }
  const components = new Map<string, ComponentEntry>();
  for (const [name, value] of Object.entries(document)) {
    if (name.startsWith("_") || settingNames.has(name) || !Array.isArray(value)) continue;
    const [library, componentClass] = value;
    if (library === null && componentClass === null) continue;
    if (value.length !== 2 || typeof library !== "string" || typeof componentClass !== "string") {
      throw invalidModelIndex(
        source,
        `component ${name} as ${describeJson(value)}`,
        "a list of library and class",
      );
    }
    components.set(name, { library, className: componentClass });
  }
  return { className, components, entries: new Map(Object.entries(document)) };
}

/** The input for writing a `model_index.json`. */
export interface ModelIndexToWrite {
  /** The pipeline's class. */
  readonly className: string;
  /** Its components by folder name; null for an absent optional one. */
  readonly components: ReadonlyMap<string, ComponentEntry | null>;
  /** The index the pipeline was loaded from. Its other entries are kept, and so are null components. */
  readonly loaded?: Pick<ModelIndex, "components" | "entries"> | undefined;
  /** Other entries to write; `undefined` omits one. */
  readonly settings?: ReadonlyMap<string, PythonJson | undefined> | undefined;
}

/** The text of a `model_index.json` with only these components, as Python would write it. */
export function formatModelIndex({ className, components, loaded, settings }: ModelIndexToWrite): string {
  const entries = new Map<string, PythonJson>(loaded?.entries);
  entries.delete("_class_name");
  for (const name of loaded?.components.keys() ?? []) if (!components.has(name)) entries.delete(name);
  for (const [name, entry] of components) {
    entries.set(name, entry === null ? [null, null] : [entry.library, entry.className]);
  }
  for (const [name, value] of settings ?? []) {
    if (value === undefined) entries.delete(name);
    else entries.set(name, value);
  }
  return formatConfig(createConfig({}, { className, entries, defaulted: new Set() }));
}

/** The error for an invalid `model_index.json`. */
export function invalidModelIndex(source: string, found: string, expected: string): InvalidConfigError {
  return new InvalidConfigError({
    subject: source,
    found,
    expected,
    remedy: "Check that the repository holds a diffusers pipeline.",
  });
}

/** The error for a repository without `model_index.json`: describes what it contains instead. */
async function missingModelIndex(repository: Repository, options: ReadOptions): Promise<EntryNotFoundError> {
  const revision = repository.commit === undefined ? "" : ` at commit ${repository.commit}`;
  return new EntryNotFoundError({
    subject: `model_index.json in ${repository.name}${revision}`,
    expected: "a file",
    ...(await whatIsThere(repository, options)),
  });
}

async function whatIsThere(
  repository: Repository,
  options: ReadOptions,
): Promise<{ readonly found: string; readonly remedy: string }> {
  const paths = await list(repository, options);
  const className = await readClassName(repository, paths, options);
  if (className !== undefined) {
    return {
      found: `the config.json of a ${className}, which is one part of a pipeline`,
      remedy: `Name the folder above it, where model_index.json is; or load the ${className} alone.`,
    };
  }
  if (paths.includes("scheduler_config.json")) {
    return {
      found: "the config of a scheduler, which is one part of a pipeline",
      remedy: "Name the folder above it, where model_index.json is.",
    };
  }
  const pipeline = paths.find((path) => /^[^/]+\/model_index\.json$/.test(path));
  if (pipeline !== undefined) {
    const folder = pipeline.slice(0, pipeline.indexOf("/"));
    return { found: `a pipeline in ${folder}/`, remedy: `Name that folder: ${repository.name}/${folder}.` };
  }
  const model = paths.find((path) => /^(checkpoint-\d+\/)?unet(_ema)?\/config\.json$/.test(path));
  if (model !== undefined) {
    const folder = model.slice(0, model.lastIndexOf("/"));
    return {
      found: `${folder}/ without a pipeline around it, as training saves it`,
      remedy: `Name the folder that the finished pipeline was saved in; or put ${folder}/ in place of unet/ into a copy of the pipeline that was trained.`,
    };
  }
  const state = paths.filter((path) => /^(optimizer\.bin|random_states_\d+\.pkl)$/.test(path));
  if (state.length > 0) {
    return {
      found: `a state of training that accelerate saved (${state.slice(0, 2).join(", ")}), without a config`,
      remedy: "Load it in Python with accelerator.load_state, and save the pipeline with save_pretrained.",
    };
  }
  const file = paths.find((path) => /^[^/]+\.(pt|pth|ckpt|safetensors)$/.test(path));
  if (file !== undefined) {
    return {
      found: `${file}, and no config`,
      remedy: "If it is an original checkpoint in one file, load the file by itself, with `fromSingleFile`.",
    };
  }
  return { found: "nothing", remedy: "Check the path, the subfolder and the revision." };
}

async function list(repository: Repository, options: ReadOptions): Promise<readonly string[]> {
  try {
    return (await repository.list(options)) ?? [];
  } catch {
    options.signal?.throwIfAborted();
    return [];
  }
}

/** The class of a model at the repository's root; `undefined` if there is no config, or it names no class. */
async function readClassName(
  repository: Repository,
  paths: readonly string[],
  options: ReadOptions,
): Promise<string | undefined> {
  if (!paths.includes("config.json")) return undefined;
  try {
    const file = await repository.get("config.json", options);
    const config = parsePythonJson(await file.text(options), file.path);
    const className = isJsonObject(config) ? config["_class_name"] : undefined;
    return typeof className === "string" && /^\w{1,80}$/.test(className) ? className : undefined;
  } catch {
    options.signal?.throwIfAborted();
    return undefined;
  }
}
