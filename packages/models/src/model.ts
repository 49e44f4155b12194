/// <reference lib="esnext.disposable" preserve="true" />
import { type Config, DisposedError, InvalidArgumentError } from "@onestep/core";
import { elementCount, nextTask, untilAborted } from "@onestep/core/internal";
import { parsePythonJson } from "@onestep/core/internal/files";
import { type Graph, specialise } from "@onestep/graph";
import {
  type OpenRepositoryOptions,
  openRepository,
  type Repository,
  type RepositoryLocation,
  type UploadFile,
  type UploadReport,
} from "@onestep/hub";
import { type Device, type InferenceSession, type Precision, startSession } from "@onestep/runtime";
import type { Checkpoint } from "./checkpoint/checkpoint.ts";
import { listModelFiles, type ModelFilesOptions, type SavableModel } from "./checkpoint/list-model-files.ts";
import { matchWeights } from "./checkpoint/match-weights.ts";
import { openCheckpoint } from "./checkpoint/open-checkpoint.ts";
import { type PushModelOptions, pushModel } from "./checkpoint/push-model.ts";
import { type SaveModelOptions, saveModel } from "./checkpoint/save-model.ts";
import { diffusersNames } from "./checkpoint/weights-file-names.ts";
import { defineModel, listWeights, type ModelDefinition, type Tensors } from "./definition.ts";
import { type LoadPlan, placeModel, planLoad, type RunOptions } from "./load-plan.ts";

/** Where a model runs and how it is loaded. */
export interface LoadModelOptions extends RunOptions {
  /** Folder of the model in the repository (`unet`); the root by default. */
  readonly subfolder?: string | undefined;
  /** Which of several weights files to take: `"fp16"` for `diffusion_pytorch_model.fp16.safetensors`. */
  readonly variant?: string | undefined;
  /** The entry of a weights file of torch to take the arrays from (`"ema"`), where it holds several sets of them. */
  readonly stateDictKey?: string | undefined;
}

/** A class of models: what is static in it. */
export interface ModelClass<Values extends object, Instance extends Model<Values>> {
  readonly definition: ModelDefinition<Values>;
  new (loaded: LoadedModel<Values>): Instance;
}

/** What a model is made of when it is loaded. */
export interface LoadedModel<Values extends object> {
  readonly config: Config<Values>;
  readonly checkpoint: Checkpoint;
  readonly graph: Graph;
  readonly dtype: Precision;
  /** The session for the symbols of the config. */
  readonly session: InferenceSession;
  readonly plan: LoadPlan["session"];
}

/**
 * A network with its weights, ready to run: what all models share. A class of models extends it, says what it computes in a
 * static `definition`, and has a method that calls {@link Model.run}.
 *
 * @example
 * class Doubler extends Model<{ readonly width: number }> {
 *   static readonly definition = doublerDefinition;
 *   async forward(x: Tensor<"float32">) {
 *     return (await this.run({ x })).y;
 *   }
 * }
 * const model = await Doubler.fromPretrained("./doubler");
 */
export abstract class Model<Values extends object> {
  /** The configuration, camelCase, frozen. */
  readonly config: Config<Values>;
  /** How many numbers the model has learned. */
  readonly parameterCount: number;
  /** What the model computes in. Inputs and outputs are float32. */
  readonly dtype: Precision;
  readonly #graph: Graph;
  readonly #plan: LoadPlan["session"];
  readonly #session: InferenceSession;
  readonly #sessions = new Map<string, Promise<InferenceSession>>();
  #checkpoint: Checkpoint;
  #disposed = false;

  /** Models are made by {@link Model.fromPretrained}. */
  constructor(loaded: LoadedModel<Values>) {
    if (loaded?.session === undefined) throw notLoaded(new.target.name);
    this.config = loaded.config;
    this.dtype = loaded.dtype;
    this.#checkpoint = loaded.checkpoint;
    this.#graph = loaded.graph;
    this.#session = loaded.session;
    const { plan } = loaded;
    this.#plan = { ...plan, options: { ...plan.options, signal: undefined } };
    this.parameterCount = listWeights(loaded.graph).reduce(
      (count, { shape }) => count + elementCount(shape),
      0,
    );
  }

  /**
   * Loads a model as Python saved it.
   *
   * @param source - A Hub id, a folder, a `file:` URL, an `http(s):` URL of a folder, or files at hand.
   * @throws HubError where a file cannot be had.
   * @throws InvalidConfigError, UnsupportedError where `config.json` is wrong, or of a model that is not built here.
   * @throws CheckpointError where a weights file is damaged; UnsafePickleError where it is more than weights.
   * @throws WeightsMismatchError where the weights are not those that `config.json` asks for.
   * @throws OutOfMemoryError where the device can never hold them, before they are fetched.
   */
  static async fromPretrained<Values extends object, Instance extends Model<Values>>(
    this: ModelClass<Values, Instance>,
    source: RepositoryLocation,
    options: LoadModelOptions & OpenRepositoryOptions = {},
  ): Promise<Instance> {
    const repository = await openRepository(source, { ...options, holdRevision: true });
    const model = new this(await loadModel(this.definition, repository, options));
    await repository.settle?.();
    return model;
  }

  /** Like {@link Model.fromPretrained}, from a repository that is open already. */
  static async fromRepository<Values extends object, Instance extends Model<Values>>(
    this: ModelClass<Values, Instance>,
    repository: Repository,
    options: LoadModelOptions = {},
  ): Promise<Instance> {
    return new this(await loadModel(this.definition, repository, options));
  }

  /** Where the model runs. */
  get device(): Device {
    return this.#session.device;
  }

  /**
   * Runs the graph. The first session, of the size that the config names, begins at once; one for other symbols is started
   * when it is first asked for, and stays until the model is disposed of.
   *
   * @param symbols - Numbers for the symbols of the graph, where they are not those of the config: `{ height, width }`.
   * @throws DisposedError after {@link Model.dispose}.
   */
  protected async run(
    inputs: Tensors,
    options: {
      readonly symbols?: Readonly<Record<string, number>>;
      readonly signal?: AbortSignal | undefined;
    } = {},
  ): Promise<Tensors> {
    const { symbols, signal } = options;
    this.requireLoaded();
    signal?.throwIfAborted();
    const own = this.#definition.symbols?.(this.config) ?? {};
    const isOwn = Object.entries(symbols ?? {}).every(([symbol, value]) => own[symbol] === value);
    const session = isOwn
      ? this.#session
      : await untilAborted(this.#sessionFor({ ...own, ...symbols }), signal);
    this.requireLoaded();
    return session.run(inputs, { signal });
  }

  /** @throws DisposedError after {@link Model.dispose}. */
  protected requireLoaded(): void {
    if (this.#disposed) throw disposed(this.#definition.className);
  }

  /**
   * The files that {@link Model.savePretrained} writes, without writing them: `config.json`, the weights, and the index of
   * shards. The weights are read from where they are, when they are asked for.
   *
   * @throws InvalidArgumentError where an option is wrong.
   */
  listFiles(options: ModelFilesOptions = {}): readonly UploadFile[] {
    return listModelFiles(this.#savable, options);
  }

  /**
   * Writes `config.json` and the weights into a folder, as diffusers does; the folder is made where it is not there. The
   * arrays stay in the type that they are stored in. Saving into the folder that the model was loaded from works.
   *
   * Nothing that stands there is touched before all is written. Then weights of the same variant that an earlier save
   * left there are removed; those of other variants and other formats stay.
   *
   * @param directory - A path or a `file:` URL.
   * @throws FileWriteError where the folder cannot be written; what stood there is as it was.
   * @throws InvalidArgumentError where an option is wrong.
   */
  async savePretrained(directory: string | URL, options: SaveModelOptions = {}): Promise<void> {
    this.#checkpoint = await saveModel(this.#savable, directory, options);
  }

  /**
   * Uploads what {@link Model.savePretrained} writes to a repository of the Hub, which is created if there is none yet;
   * diffusers' `push_to_hub`. Nothing is written to disk on the way. Weights of the same variant that an earlier
   * upload left there are removed by the same commit.
   *
   * @param repositoryId - `owner/name`; a name alone is of the one that the token belongs to.
   * @throws InvalidArgumentError where the id or an option is wrong.
   * @throws HubError where the Hub cannot be reached, or does not take it; see `uploadFiles` of `@onestep/hub`.
   * @throws UnsupportedError in a browser.
   */
  async pushToHub(repositoryId: string, options: PushModelOptions = {}): Promise<UploadReport> {
    return pushModel(this.#savable, repositoryId, options);
  }

  /** Frees the memory. Idempotent. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    const others = await Promise.allSettled(this.#sessions.values());
    await this.#session.dispose();
    for (const session of others) if (session.status === "fulfilled") await session.value.dispose();
  }

  /** Makes `await using model = …` free the memory at the end of the block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  get #definition(): ModelDefinition<Values> {
    return (this.constructor as unknown as ModelClass<Values, Model<Values>>).definition;
  }

  get #savable(): SavableModel {
    const { compareNames = byPlaceIn(this.#graph), weightsNames: names = diffusersNames } = this.#definition;
    return { config: this.config, checkpoint: this.#checkpoint, compareNames, names };
  }

  /** The session for other symbols than those of the config. Calls at the same time share one. */
  #sessionFor(symbols: Readonly<Record<string, number>>): Promise<InferenceSession> {
    const key = JSON.stringify(symbols);
    const known = this.#sessions.get(key);
    if (known !== undefined) return known;
    const graph = specialise(this.#graph, { symbols, dtype: this.dtype });
    const weights = this.#checkpoint.tensors;
    const opened = startSession({ graph, weights }, this.#plan, this.device);
    this.#sessions.set(key, opened);
    opened.catch(() => this.#sessions.delete(key));
    return opened;
  }
}

/** Loads a model from a repository; the graph is defined once. See {@link Model.fromPretrained}. */
async function loadModel<Values extends object>(
  definition: ModelDefinition<Values>,
  repository: Repository,
  options: LoadModelOptions,
): Promise<LoadedModel<Values>> {
  const { subfolder = "", variant, stateDictKey, signal, onProgress } = options;
  const plan = await planLoad(options);
  const folder = subfolder === "" ? "" : `${subfolder}/`;
  const configFile = await repository.get(`${folder}config.json`, { signal, onProgress });
  const configName = `${configFile.path} of ${repository.name}`;
  const configText = await configFile.text({ signal });
  const declared = definition.configSchema.fromJson(parsePythonJson(configText, configName), configName);
  // What cannot be built or held is told before the weights are fetched, unless these have to complete the config.
  let graph: Graph | undefined;
  if (definition.isIncomplete?.(declared) !== true) {
    graph = defineModel(definition, declared);
    placeModel(plan, repository.name, listWeights(graph));
  }
  const names = definition.weightsNames;
  const found = await openCheckpoint(repository, {
    ...{ subfolder, variant, stateDictKey, names },
    ...{ signal, onProgress },
  });
  const config = definition.completeConfig?.(declared, found.tensors.keys()) ?? declared;
  return startModel(definition, { name: repository.name, config, graph, found }, plan);
}

/** A model whose config and arrays are known, before it is started. */
export interface FoundModel<Values extends object> {
  /** What messages call it. */
  readonly name: string;
  readonly config: Config<Values>;
  /** The graph of that config, where it was defined already. */
  readonly graph?: Graph | undefined;
  readonly found: Checkpoint;
}

/** Matches the arrays of a checkpoint with the weights that a graph needs, and starts its first session. */
export async function startModel<Values extends object>(
  definition: ModelDefinition<Values>,
  { name, config, found, ...rest }: FoundModel<Values>,
  plan: LoadPlan,
): Promise<LoadedModel<Values>> {
  const graph = rest.graph ?? defineModel(definition, config);
  const expected = listWeights(graph);
  await nextTask();
  const tensors = matchWeights(`weights of ${name}`, expected, found.tensors, definition);
  const { device, dtype } = placeModel(plan, name, expected, tensors.values());
  await nextTask();
  const symbols = definition.symbols?.(config) ?? {};
  const specialised = specialise(graph, { symbols, dtype });
  await nextTask();
  const session = await startSession({ graph: specialised, weights: tensors }, plan.session, device);
  const checkpoint = { files: found.files, tensors };
  return { config, checkpoint, graph, dtype, session, plan: plan.session };
}

/** Compares names of weights by where a graph asks for them. */
function byPlaceIn(graph: Graph): (left: string, right: string) => number {
  const places = new Map(listWeights(graph).map(({ name }, index) => [name, index]));
  return (left, right) => (places.get(left) ?? 0) - (places.get(right) ?? 0);
}

function disposed(className: string): DisposedError {
  return new DisposedError({
    subject: className,
    found: "a call after dispose()",
    expected: "a model that is loaded",
    remedy: `Load it again with ${className}.fromPretrained.`,
    summary: `This ${className} was disposed.`,
  });
}

function notLoaded(className: string): InvalidArgumentError {
  return new InvalidArgumentError({
    subject: `new ${className}`,
    found: "nothing that is loaded",
    expected: "a model with its weights",
    remedy: `Load one with ${className}.fromPretrained.`,
    summary: `new ${className}(…) has no weights.`,
  });
}
