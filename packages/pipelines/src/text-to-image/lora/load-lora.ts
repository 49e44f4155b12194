import { InvalidArgumentError } from "@onestep/core";
import { warn } from "@onestep/core/internal";
import { parsePythonJson } from "@onestep/core/internal/files";
import { type OptionNames, pickOptions } from "@onestep/core/internal/known-options";
import {
  EntryNotFoundError,
  type OpenRepositoryOptions,
  openFile,
  openRepository,
  openRepositoryOptionNames,
  type ReadOptions,
  type Repository,
  type RepositoryFile,
  type RepositoryLocation,
} from "@onestep/hub";
import {
  type AdapterLayer,
  CheckpointError,
  readSafetensorsMetadata,
  readTensor,
  readWeightsFile,
} from "@onestep/models";
import { readNamedOptions } from "../../sampling/generate-options.ts";
import {
  componentOf,
  isLoraName,
  type LoraComponent,
  type LoraName,
  type ModuleTables,
  moduleNames,
  otherAlgorithmOf,
  readLoraName,
} from "./lora-names.ts";

/** Options of `loadLoraWeights`. */
export interface LoadLoraOptions extends OpenRepositoryOptions {
  /** The adapter's name; `default_0`, `default_1` … by default. */
  readonly adapterName?: string | undefined;
  /** The file name, if a repository has several. */
  readonly weightName?: string | undefined;
  readonly subfolder?: string | undefined;
}

/** The names of {@link LoadLoraOptions}. */
export const loadLoraOptionNames: OptionNames<LoadLoraOptions> = {
  ...openRepositoryOptionNames,
  adapterName: true,
  weightName: true,
  subfolder: true,
};

/** The target of an adapter: the layers of a model, and the shapes of their weights. */
export interface LoraTarget {
  readonly targets: ReadonlyMap<string, readonly number[]>;
  /** Of a UNet. */
  readonly layersPerBlock?: number;
}

/** The layers of an adapter by model. */
export type LoraLayers = ReadonlyMap<LoraComponent, readonly AdapterLayer[]>;

type Tensors = Awaited<ReturnType<typeof readWeightsFile>>;

/** The arrays of one layer in a file, by role. */
interface LoraGroup {
  readonly component: LoraComponent;
  readonly module: string;
  readonly parts: Map<LoraName["part"], string>;
}

const defaultName = "pytorch_lora_weights";
const maximumListed = 5;

/**
 * An adapter file whose arrays are listed; see {@link openLora}.
 *
 * @example
 * const lora = await openLora("latent-consistency/lcm-lora-sdv1-5");
 * console.log(lora.path, lora.baseModel); // pytorch_lora_weights.safetensors Stable Diffusion 1
 */
export class LoraFile {
  /** The path of the file in its repository. */
  readonly path: string;
  /** The model family that the file seems to be for: `"Stable Diffusion 1"`. */
  readonly baseModel: string;
  readonly #content: LoraContent;

  /** Use {@link openLora}. */
  constructor(content: LoraContent) {
    this.path = content.file.path;
    this.baseModel = describeBase(content.tensors);
    this.#content = content;
  }

  /** What a file holds. */
  static contentOf(lora: LoraFile): LoraContent {
    return lora.#content;
  }
}

/** The arrays of an adapter file, and its settings. */
export interface LoraContent {
  readonly file: RepositoryFile;
  readonly tensors: Tensors;
  readonly settings: (component: LoraComponent, module: string) => LayerSetting;
}

/** Options of {@link openLora}. */
export type OpenLoraOptions = Omit<LoadLoraOptions, "adapterName">;

/**
 * Opens a LoRA file without a model, to find out early if it is one: only the list of its arrays is read. Pass the result
 * to `loadLoraWeights`.
 *
 * @param source - A Hub id, a folder, a file, or a URL.
 * @throws EntryNotFoundError if there is no such file.
 * @throws CheckpointError if the file is corrupt, has no LoRA, or uses another algorithm.
 *
 * @example
 * const lora = await openLora("latent-consistency/lcm-lora-sdv1-5");
 * const pipe = await StableDiffusionPipeline.fromPretrained("stable-diffusion-v1-5/stable-diffusion-v1-5");
 * await pipe.loadLoraWeights(lora);
 */
export async function openLora(source: RepositoryLocation, given: OpenLoraOptions = {}): Promise<LoraFile> {
  const { adapterName: _, ...names } = loadLoraOptionNames;
  return new LoraFile(await readContent(source, readNamedOptions("openLora", given, names)));
}

async function readContent(source: RepositoryLocation, options: LoadLoraOptions): Promise<LoraContent> {
  const file = await openLoraFile(source, options);
  const { signal, onProgress } = options;
  const tensors = await readWeightsFile(file, { signal, onProgress });
  if (tensors.size === 0) throw damaged(file, "no arrays", "the matrices of an adapter");
  for (const name of tensors.keys()) {
    const algorithm = otherAlgorithmOf(name);
    if (algorithm === undefined) continue;
    throw damaged(file, `${algorithm}: ${name}`, "LoRA: two matrices for each layer");
  }
  if (![...tensors.keys()].some(isLoraName)) {
    throw damaged(file, `other arrays: ${[...tensors.keys()].slice(0, maximumListed).join(", ")}`, "LoRA");
  }
  const metadata = file.path.endsWith(".safetensors")
    ? await readSafetensorsMetadata(file, { signal })
    : new Map<string, string>();
  return { file, tensors, settings: readSettings(metadata.get("lora_adapter_metadata"), file) };
}

/**
 * Reads an adapter file and finds the layer of each array. Everything is validated before any change.
 *
 * @param models - The pipeline's models.
 * @throws InvalidArgumentError if arrays match no layer, or their shapes differ from the layer's: the file is for
 * another model.
 * @throws EntryNotFoundError if there is no such file; CheckpointError if it is corrupt, or of another kind.
 */
export async function readLora(
  source: RepositoryLocation | LoraFile,
  models: ReadonlyMap<LoraComponent, LoraTarget>,
  options: LoadLoraOptions,
): Promise<LoraLayers> {
  const content =
    source instanceof LoraFile ? LoraFile.contentOf(source) : await readContent(source, options);
  const { file, tensors, settings } = content;
  const groups = groupNames(file, tensors, models);
  const layers = new Map<LoraComponent, AdapterLayer[]>();
  for (const { component, module, parts } of groups.values()) {
    const shape = models.get(component)?.targets.get(module) as readonly number[];
    const layer = await readLayer(file, {
      module,
      parts,
      shape,
      tensors,
      setting: settings(component, module),
    });
    layers.set(component, [...(layers.get(component) ?? []), layer]);
  }
  return layers;
}

function groupNames(
  file: RepositoryFile,
  tensors: Tensors,
  models: ReadonlyMap<LoraComponent, LoraTarget>,
): ReadonlyMap<string, LoraGroup> {
  const tables: ModuleTables = new Map(
    [...models].map(([component, { targets, layersPerBlock = 0 }]) => [
      component,
      moduleNames(targets.keys(), component, layersPerBlock),
    ]),
  );
  const groups = new Map<string, LoraGroup>();
  const unmatched: string[] = [];
  for (const name of tensors.keys()) {
    const found = readLoraName(name, tables);
    if (found === undefined) {
      unmatched.push(name);
      continue;
    }
    const { component, module, part } = found;
    const key = `${component} ${module}`;
    const group = groups.get(key) ?? { component, module, parts: new Map() };
    if (group.parts.has(part)) throw damaged(file, `two arrays for ${module}: ${name}`, "one of each kind");
    group.parts.set(part, name);
    groups.set(key, group);
  }
  if (unmatched.length > 0) throw unmatchedNames(file, { unmatched, total: tensors.size, models, tensors });
  return groups;
}

async function readLayer(
  file: RepositoryFile,
  options: {
    readonly module: string;
    readonly parts: LoraGroup["parts"];
    readonly shape: readonly number[];
    readonly tensors: Tensors;
    readonly setting: LayerSetting;
  },
): Promise<AdapterLayer> {
  const { module, parts, shape, tensors, setting } = options;
  const [down, up] = [parts.get("down"), parts.get("up")].map((name) =>
    name === undefined ? undefined : tensors.get(name),
  );
  if (down === undefined || up === undefined) {
    throw damaged(file, `one of two matrices for ${module}`, "both, of the way down and the way up");
  }
  const [rank = 0] = down.shape;
  const [outWidth = 0, ...inShape] = shape;
  const size = (lengths: readonly number[]): number =>
    lengths.reduce((product, length) => product * length, 1);
  const fits =
    size(down.shape) === rank * size(inShape) &&
    size(up.shape) === outWidth * rank &&
    up.shape[0] === outWidth &&
    rank >= 1;
  if (!fits) {
    throw new InvalidArgumentError({
      subject: `${file.path}: ${module}`,
      found: `matrices of [${down.shape.join(", ")}] and [${up.shape.join(", ")}]`,
      expected: `[rank, ${inShape.join(", ")}] and [${outWidth}, rank], as this model has them`,
      remedy: `The file is for ${describeBase(tensors)}. Load it into a model of that family.`,
    });
  }
  const alphaName = parts.get("alpha");
  const stored = alphaName === undefined ? undefined : await readAlpha(file, alphaName, tensors);
  const alpha = stored ?? setting.alpha ?? rank;
  const factor = setting.isRankStabilised ? alpha / Math.sqrt(rank) : alpha / rank;
  return { module, down, up, factor };
}

async function readAlpha(file: RepositoryFile, name: string, tensors: Tensors): Promise<number> {
  const tensor = tensors.get(name);
  const [alpha, ...rest] = tensor === undefined ? [] : await readTensor(tensor);
  if (alpha !== undefined && rest.length === 0 && Number.isFinite(alpha)) return alpha;
  throw damaged(file, `${name} of ${alpha ?? "no number"}`, "one finite number");
}

/** A layer's settings in PEFT metadata. */
interface LayerSetting {
  readonly alpha: number | undefined;
  readonly isRankStabilised: boolean;
}

/**
 * Reads PEFT's settings from a file: `unet.lora_alpha`, and patterns for layers with different values. The rank always
 * comes from the matrices.
 */
function readSettings(
  text: string | undefined,
  file: RepositoryFile,
): (component: LoraComponent, module: string) => LayerSetting {
  if (text === undefined) return () => ({ alpha: undefined, isRankStabilised: false });
  const document = parsePythonJson(text, `lora_adapter_metadata of ${file.path}`);
  const settings = (typeof document === "object" && document !== null ? document : {}) as Readonly<
    Record<string, unknown>
  >;
  return (component, module) => {
    const patterns = (settings[`${component}.alpha_pattern`] ?? {}) as Readonly<Record<string, unknown>>;
    const own = Object.entries(patterns).find(
      ([pattern]) => module === pattern || module.endsWith(`.${pattern}`),
    );
    const alpha = toNumber(own?.[1]) ?? toNumber(settings[`${component}.lora_alpha`]);
    return { alpha, isRankStabilised: settings[`${component}.use_rslora`] === true };
  };
}

function toNumber(value: unknown): number | undefined {
  const number = typeof value === "object" && value !== null && "value" in value ? value.value : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

/** Opens an adapter file: the one given, diffusers' default name, or the only one. */
async function openLoraFile(source: RepositoryLocation, options: LoadLoraOptions): Promise<RepositoryFile> {
  const { weightName, subfolder = "", signal, onProgress } = options;
  const isFile =
    (typeof source === "string" || source instanceof URL) &&
    /\.(safetensors|bin|pt)([?#]|$)/.test(String(source));
  const opening = pickOptions<OpenRepositoryOptions>(options, openRepositoryOptionNames);
  if (isFile && weightName === undefined) return openFile(source, opening);
  const repository = await openRepository(source, opening);
  const folder = subfolder === "" ? "" : `${subfolder.replace(/\/$/, "")}/`;
  const read = { signal, onProgress };
  if (weightName !== undefined) return repository.get(`${folder}${weightName}`, read);
  for (const ending of [".safetensors", ".bin"]) {
    const file = await repository.find(`${folder}${defaultName}${ending}`, read);
    if (file !== undefined) return file;
  }
  return repository.get(await chooseFile(repository, folder, read), read);
}

async function chooseFile(repository: Repository, folder: string, options: ReadOptions): Promise<string> {
  const paths = (await repository.list(options)) ?? [];
  const own = paths.filter((path) => path.startsWith(folder) && !path.slice(folder.length).includes("/"));
  const candidates = own.filter(
    (path) => path.endsWith(".safetensors") && !/scheduler|optimizer|checkpoint/.test(path),
  );
  const [first, ...others] = candidates;
  if (first === undefined) {
    throw new EntryNotFoundError({
      subject: `LoRA weights in ${repository.name}`,
      found: own.length === 0 ? "no files" : own.slice(0, 8).join(", "),
      expected: `${defaultName}.safetensors, or another .safetensors file`,
      remedy: "Pass the name of the file as `weightName`.",
    });
  }
  if (others.length > 0) {
    warn(
      `${repository.name}: ${first} is loaded, and ${others.join(", ")} not. Pass \`weightName\` to choose.`,
      "checkpoint",
    );
  }
  return first;
}

function unmatchedNames(
  file: RepositoryFile,
  {
    unmatched,
    total,
    models,
    tensors,
  }: {
    readonly unmatched: readonly string[];
    readonly total: number;
    readonly models: ReadonlyMap<LoraComponent, LoraTarget>;
    readonly tensors: Tensors;
  },
): InvalidArgumentError {
  const absent = [...new Set(unmatched.map(componentOf))].filter((component) => !models.has(component));
  const shown = unmatched.slice(0, maximumListed).join(", ");
  const more = unmatched.length > maximumListed ? ` and ${unmatched.length - maximumListed} more` : "";
  return new InvalidArgumentError({
    subject: file.path,
    found: `${unmatched.length} of ${total} arrays that match no layer: ${shown}${more}`,
    expected:
      absent.length > 0
        ? `arrays for ${[...models.keys()].join(" and ")}: the pipeline has no ${absent.join(" and ")}`
        : "arrays for layers of this model",
    remedy: `Nothing of the file was loaded. It seems to be for ${describeBase(tensors)}.`,
  });
}

/** The model family of a file, by the text embedding width of its attention layers. */
function describeBase(tensors: Tensors): string {
  const families: Readonly<Record<number, string>> = {
    768: "Stable Diffusion 1",
    1024: "Stable Diffusion 2",
    2048: "Stable Diffusion XL",
  };
  for (const [name, { shape }] of tensors) {
    if (!/attn2[._]to_k.*(lora_A|lora_down|lora\.down|_lora\.down|lora_linear_layer\.down)/.test(name))
      continue;
    const width = shape[1] ?? 0;
    return families[width] ?? `a model whose text is ${width} wide`;
  }
  return "another model";
}

function damaged(file: RepositoryFile, found: string, expected: string): CheckpointError {
  return new CheckpointError({
    subject: file.path,
    found,
    expected,
    remedy: "Nothing of the file was loaded. Load another file.",
  });
}
