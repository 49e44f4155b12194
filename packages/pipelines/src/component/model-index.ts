import {
  createConfig,
  describeJson,
  InvalidConfigError,
  isJsonObject,
  type PythonJson,
  readConfigRecord,
  toPythonJson,
} from "@onestep/core";
import { formatConfig, parsePythonJson } from "@onestep/core/files";
import type { ReadOptions, Repository } from "@onestep/hub";
import { type Id2Label, parseId2Label } from "../class-names.ts";
import { missingModelIndex } from "./missing-model-index.ts";

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

/** A model index and the repository that it is of. */
interface NamedModelIndex {
  readonly repository: Pick<Repository, "name">;
  readonly modelIndex: Pick<ModelIndex, "entries">;
}

/**
 * Where a `model_index.json` names the classes: where `DiTPipeline` of diffusers has them, and where other pipelines of
 * diffusers pass over them without a warning.
 */
const id2labelKeys = ["id2label", "_id2label"] as const;

/**
 * The names of the model's classes; `undefined` where the index has none.
 *
 * @throws InvalidConfigError where they are no names by class id, or stand twice and differ.
 */
export function readId2Label({ repository, modelIndex }: NamedModelIndex): Id2Label | undefined {
  const source = `${modelIndexName} of ${repository.name}`;
  const [first, second] = id2labelKeys.flatMap((key) => {
    const value = modelIndex.entries.get(key) ?? null;
    if (value === null) return [];
    return [parseId2Label(value, `${key} of ${source}`, (problem) => new InvalidConfigError(problem))];
  });
  if (second !== undefined && JSON.stringify(first) !== JSON.stringify(second)) {
    throw invalid(source, `different names in ${id2labelKeys.join(" and ")}`, "one of the two");
  }
  return first;
}

/**
 * Reads `model_index.json`.
 *
 * @throws EntryNotFoundError where the repository has none.
 * @throws InvalidConfigError where it does not name a class, or a component is not `[library, class]`.
 */
export async function readModelIndex(repository: Repository, options: ReadOptions): Promise<ModelIndex> {
  const file = await repository.find(modelIndexName, options);
  if (file === undefined) throw await missingModelIndex(repository, options);
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
    if (name.startsWith("_") || name === "id2label" || !Array.isArray(value)) continue;
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
 * The text of a `model_index.json`, as Python would write it. It names these components alone.
 *
 * @param loaded - The index that the pipeline came from. What it holds besides components is kept, and so are components
 * that are null, and the library of one whose class is the same.
 * @param id2label - Names of the model's classes, in place of those of `loaded`.
 */
export function formatModelIndex(
  className: string,
  components: ReadonlyMap<string, string>,
  loaded?: ModelIndex,
  id2label?: Id2Label,
): string {
  const entries = new Map<string, PythonJson>(loaded?.entries);
  entries.delete("_class_name");
  if (id2label !== undefined) {
    const key = id2labelKeys.find((one) => entries.has(one)) ?? "_id2label";
    for (const one of id2labelKeys) entries.delete(one);
    if (Object.keys(id2label).length > 0) entries.set(key, toPythonJson(id2label, "id2label"));
  }
  for (const name of loaded?.components.keys() ?? []) if (!components.has(name)) entries.delete(name);
  for (const [name, componentClass] of components) {
    const isSame = loaded?.components.get(name) === componentClass;
    if (!isSame) entries.set(name, ["diffusers", componentClass]);
  }
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
