/// <reference lib="esnext.disposable" preserve="true" />
import { type Config, DisposedError, InvalidArgumentError } from "@onestep/core";
import { elementCount, type OptionNames, requireKnownOptions, untilAborted } from "@onestep/core/internal";
import { type Graph, specialise } from "@onestep/graph";
import {
  type OpenRepositoryOptions,
  openRepository,
  openRepositoryOptionNames,
  type Repository,
  type RepositoryLocation,
  type UploadFile,
  type UploadReport,
} from "@onestep/hub";
import { type Device, type InferenceSession, type Precision, startSession } from "@onestep/runtime";
import type { Checkpoint, CheckpointTensor } from "./checkpoint/checkpoint.ts";
import { listModelFiles, type ModelFilesOptions, type SavableModel } from "./checkpoint/list-model-files.ts";
import { type PushModelOptions, pushModel } from "./checkpoint/push-model.ts";
import { type SaveModelOptions, saveModel, saveOptionNames } from "./checkpoint/save-model.ts";
import { diffusersNames } from "./checkpoint/weights-file-names.ts";
import {
  type ExpectedWeight,
  listWeights,
  type ModelDefinition,
  type ModelGraphs,
  mainMethod,
  type Tensors,
} from "./definition.ts";
import {
  graphFor,
  type LoadedModel,
  type LoadModelOptions,
  type LoadPlan,
  loadModel,
  runOptionNames,
} from "./load-model.ts";

const loadOptionNames: OptionNames<LoadModelOptions & OpenRepositoryOptions> = {
  ...openRepositoryOptionNames,
  ...runOptionNames,
  subfolder: true,
  variant: true,
  stateDictKey: true,
};

/** A class of models: what is static in it. */
export interface ModelClass<Values extends object, Instance extends Model<Values>> {
  readonly definition: ModelDefinition<Values>;
  new (loaded: LoadedModel<Values>): Instance;
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
  readonly #graphs: ModelGraphs;
  readonly #plan: LoadPlan["session"];
  readonly #device: Device;
  readonly #sessions = new Map<string, KeptSession>();
  #checkpoint: Checkpoint;
  #disposed = false;

  /** Models are made by {@link Model.fromPretrained}. */
  constructor(loaded: LoadedModel<Values>) {
    if (loaded?.session === undefined) throw notLoaded(new.target.name);
    this.config = loaded.config;
    this.dtype = loaded.dtype;
    this.#checkpoint = loaded.checkpoint;
    this.#graphs = loaded.graphs;
    const { plan, session } = loaded;
    this.#device = session.device;
    const key = sessionKey(mainMethod, loaded.symbols, "");
    this.#sessions.set(key, { method: mainMethod, opened: Promise.resolve(session), session, users: 0 });
    this.#plan = { ...plan, options: { ...plan.options, signal: undefined } };
    this.parameterCount = listWeights(...loaded.graphs.values()).reduce(
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
    requireKnownOptions(`${this.definition.className}.fromPretrained`, options, loadOptionNames);
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
    return this.#device;
  }

  /**
   * Runs the graph of a method. The session of the main method and the size that the config names begins at once; one for another
   * method or other symbols is started when it is first asked for. Of each method the two that were used last stay.
   *
   * @param options.symbols - Numbers for the symbols of the graph, where they are not those of the config: `{ height, width }`.
   * @param options.method - One of the definition's `methods`; the main one by default.
   * @param options.extension - What is added to the graph.
   * @throws DisposedError after {@link Model.dispose}.
   */
  protected async run(
    inputs: Tensors,
    options: {
      readonly symbols?: Readonly<Record<string, number>>;
      readonly method?: string;
      readonly extension?: GraphExtension | undefined;
      readonly signal?: AbortSignal | undefined;
    } = {},
  ): Promise<Tensors> {
    const { symbols, method = mainMethod, extension, signal } = options;
    this.requireLoaded();
    signal?.throwIfAborted();
    const all = { ...this.#definition.symbols?.(this.config), ...symbols };
    const kept = this.#sessionFor(method, all, extension);
    kept.users += 1;
    try {
      // One that is open runs in this turn: a dispose() that follows waits for it.
      const session = kept.session ?? (await untilAborted(kept.opened, signal));
      this.requireLoaded();
      return await session.run({ ...inputs, ...extension?.inputs }, { signal });
    } finally {
      kept.users -= 1;
      this.#disposeUnused(method);
    }
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
    requireKnownOptions(`${this.#definition.className}.savePretrained`, options, saveOptionNames);
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
    const sessions = await Promise.allSettled([...this.#sessions.values()].map(({ opened }) => opened));
    for (const session of sessions) if (session.status === "fulfilled") await session.value.dispose();
  }

  /** Makes `await using model = …` free the memory at the end of the block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** The graphs of all methods. */
  protected get graphs(): ModelGraphs {
    return this.#graphs;
  }

  get #definition(): ModelDefinition<Values> {
    return (this.constructor as unknown as ModelClass<Values, Model<Values>>).definition;
  }

  get #savable(): SavableModel {
    const {
      compareNames = byPlaceIn(listWeights(...this.#graphs.values())),
      weightsNames: names = diffusersNames,
    } = this.#definition;
    return { config: this.config, checkpoint: this.#checkpoint, compareNames, names };
  }

  /** The session for a method, a size and what is added to the graph. Calls at the same time share one. */
  #sessionFor(
    method: string,
    symbols: Readonly<Record<string, number>>,
    extension: GraphExtension | undefined,
  ): KeptSession {
    const key = sessionKey(method, symbols, extension?.key ?? "");
    const known = this.#sessions.get(key);
    if (known !== undefined) {
      // What was used last is last in the map.
      this.#sessions.delete(key);
      this.#sessions.set(key, known);
      return known;
    }
    const opened = this.#startSession(method, symbols, extension);
    const kept: KeptSession = { method, opened, session: undefined, users: 0 };
    this.#sessions.set(key, kept);
    opened.then(
      (session) => {
        kept.session = session;
      },
      () => this.#sessions.delete(key),
    );
    return kept;
  }

  async #startSession(
    method: string,
    symbols: Readonly<Record<string, number>>,
    extension: GraphExtension | undefined,
  ): Promise<InferenceSession> {
    const graph = graphFor(this.#definition, this.config, this.#graphs, { method, symbols });
    const extended = extension?.extend(graph) ?? graph;
    const weights = new Map([...this.#checkpoint.tensors, ...(extension?.tensors ?? [])]);
    const specialised = specialise(extended, { symbols, dtype: this.dtype });
    return startSession({ graph: specialised, weights }, this.#plan, this.#device);
  }

  #disposeUnused(method: string): void {
    const ofMethod = [...this.#sessions].filter(([, kept]) => kept.method === method);
    for (const [key, { opened, users }] of ofMethod.slice(0, -keptSessions)) {
      if (users > 0) continue;
      this.#sessions.delete(key);
      void opened.then((session) => session.dispose()).catch(() => undefined);
    }
  }
}

/** What is added to the graph of a model: branches of adapters. */
export interface GraphExtension {
  /** Tells extensions apart. */
  readonly key: string;
  /** Inputs of the graph besides those of the model. */
  readonly inputs: Tensors;
  /** Weights besides those of the checkpoint. */
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  /** The graph with what is added. */
  extend(graph: Graph): Graph;
}

/** A session of a model. */
interface KeptSession {
  readonly method: string;
  readonly opened: Promise<InferenceSession>;
  /** The one that is opened, when it is. */
  session: InferenceSession | undefined;
  /** Calls that are under way. */
  users: number;
}

function sessionKey(method: string, symbols: Readonly<Record<string, number>>, adapters: string): string {
  return JSON.stringify([method, Object.entries(symbols).sort(), adapters]);
}

/** How many sessions of a method stay, each with the weights as the processor wants them. */
const keptSessions = 2;

/** Compares names of weights by where a graph asks for them. */
function byPlaceIn(weights: readonly ExpectedWeight[]): (left: string, right: string) => number {
  const places = new Map(weights.map(({ name }, index) => [name, index]));
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
