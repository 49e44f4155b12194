import {
  createConfig,
  describeJson,
  InvalidConfigError,
  isJsonObject,
  type PythonJson,
  readConfigRecord,
} from "@onestep/core";
import { formatConfig, parsePythonJson } from "@onestep/core/files";
import type { ReadOptions, Repository } from "@onestep/hub";

/** Name of the file that says which class each part of a pipeline has. */
export const modelIndexName = "model_index.json";

/** What `model_index.json` says: the pipeline's class, and for each component its library and class. */
export interface ModelIndex {
  /** The pipeline's class, `ConsistencyModelPipeline`. */
  readonly className: string;
  /** The components that are there, by name: `unet` → `UNet2DModel`. Components that are null are left out. */
  readonly components: ReadonlyMap<string, string>;
  /** Every entry as it stands in the file, for saving it again. */
  readonly entries: ReadonlyMap<string, PythonJson>;
}

/**
 * Reads `model_index.json`.
 *
 * @throws EntryNotFoundError where the repository has none.
 * @throws InvalidConfigError where it does not name a class, or a component is not `[library, class]`.
 */
export async function readModelIndex(repository: Repository, options: ReadOptions): Promise<ModelIndex> {
  const file = await repository.get(modelIndexName, options);
  const source = `${modelIndexName} of ${repository.name}`;
  return parseModelIndex(parsePythonJson(await file.text(options), source), source);
}

/** Checks the content of a `model_index.json`. */
export function parseModelIndex(document: PythonJson, source: string): ModelIndex {
  if (!isJsonObject(document)) throw invalid(source, describeJson(document), "a JSON object");
  const className = document["_class_name"];
  if (typeof className !== "string") {
    throw invalid(
      source,
      className === undefined ? "no _class_name" : `_class_name ${describeJson(className)}`,
      "the name of a pipeline class in _class_name",
    );
  }
  const components = new Map<string, string>();
  for (const [name, value] of Object.entries(document)) {
    if (name.startsWith("_") || !Array.isArray(value)) continue;
    const [library, componentClass] = value;
    if (library === null && componentClass === null) continue;
    if (value.length !== 2 || typeof library !== "string" || typeof componentClass !== "string") {
      throw invalid(source, `component ${name} as ${describeJson(value)}`, "a list of library and class");
    }
    components.set(name, componentClass);
  }
  return { className, components, entries: new Map(Object.entries(document)) };
}

/**
 * The text of a `model_index.json`, as Python would write it.
 *
 * @param loaded - The index that the pipeline came from; what it holds besides the components is kept.
 */
export function formatModelIndex(
  className: string,
  components: ReadonlyMap<string, string>,
  loaded?: ModelIndex,
): string {
  const entries = new Map<string, PythonJson>(loaded?.entries);
  entries.delete("_class_name");
  for (const [name, componentClass] of components) entries.set(name, ["diffusers", componentClass]);
  return formatConfig(createConfig({}, { className, entries, defaulted: new Set() }));
}

/** The class that a component names itself in its config (`UNet2DModel`); `undefined` for one that has none. */
export function componentClassName(component: { readonly config: object }): string | undefined {
  return readConfigRecord(component.config)?.className;
}

function invalid(source: string, found: string, expected: string): InvalidConfigError {
  return new InvalidConfigError({
    subject: source,
    found,
    expected,
    remedy: "Check that the repository holds a diffusers pipeline.",
  });
}
