/// <reference lib="esnext.disposable" preserve="true" />
import { type Config, DisposedError, InvalidArgumentError, type Tensor } from "@onestep/core";
import { elementCount, untilAborted, warn } from "@onestep/core/internal";
import { type OptionNames, pickOptions, requireKnownOptions } from "@onestep/core/internal/known-options";
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

/** The static side of a model class. */
export interface ModelClass<Values extends object, Instance extends Model<Values>> {
  readonly definition: ModelDefinition<Values>;
  new (loaded: LoadedModel<Values>): Instance;
}

/**
 * The type of a class's `fromPretrained`: that of {@link Model}, and a last overload that
 * `ReturnType<typeof UNet2DModel.fromPretrained>` can read.
 */
export type ModelLoader<Instance> = typeof Model.fromPretrained &
  ((source: RepositoryLocation, options?: LoadModelOptions & OpenRepositoryOptions) => Promise<Instance>);

/**
 * Base class of all models: a network with its weights, ready to run. A subclass describes its computation in a static
 * `definition` and has a method that calls {@link Model.run}.
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
  /** Number of parameters. */
  readonly parameterCount: number;
  /** The format the model computes in. Inputs and outputs are float32. */
  readonly dtype: Precision;
  readonly #graphs: ModelGraphs;
  readonly #plan: LoadPlan["session"];
  readonly #device: Device;
  readonly #sessions = new Map<string, KeptSession>();
  #checkpoint: Checkpoint;
  #disposed = false;
  /** Methods that left the range of float16. */
  readonly #overflowed = new Set<string>();

  /** Use {@link Model.fromPretrained} to create a model. */
  constructor(loaded: LoadedModel<Values>) {
    if (loaded?.session === undefined) throw notLoaded(new.target.name);
    this.config = loaded.config;
    this.dtype = loaded.dtype;
    this.#checkpoint = loaded.checkpoint;
    this.#graphs = loaded.graphs;
    const { plan, session } = loaded;
    this.#device = session.device;
    const key = sessionKey(mainMethod, loaded.symbols, { extension: undefined, dtype: loaded.dtype });
    this.#sessions.set(key, { method: mainMethod, opened: Promise.resolve(session), session, users: 0 });
    this.#plan = { ...plan, options: { ...plan.options, signal: undefined } };
    this.parameterCount = listWeights(...loaded.graphs.values()).reduce(
      (count, { shape }) => count + elementCount(shape),
      0,
    );
  }

  /**
   * Loads a model saved by Python.
   *
   * @param source - A Hub id, a folder, a `file:` URL, an `http(s):` URL of a folder, or local files.
   * @throws HubError if a file cannot be fetched.
   * @throws InvalidConfigError, UnsupportedError if `config.json` is invalid or its model is not supported.
   * @throws CheckpointError if a weights file is damaged; UnsafePickleError if it contains more than weights.
   * @throws WeightsMismatchError if the weights do not match `config.json`.
   * @throws OutOfMemoryError if the device can never hold them; thrown before they are fetched.
   */
  static async fromPretrained<Values extends object, Instance extends Model<Values>>(
    this: ModelClass<Values, Instance>,
    source: RepositoryLocation,
    options: LoadModelOptions & OpenRepositoryOptions = {},
  ): Promise<Instance> {
    requireKnownOptions(`${this.definition.className}.fromPretrained`, options, loadOptionNames);
    const repository = await openRepository(source, {
      ...pickOptions<OpenRepositoryOptions>(options, openRepositoryOptionNames),
      holdRevision: true,
    });
    const model = new this(await loadModel(this.definition, repository, options));
    await repository.settle?.();
    return model;
  }

  /** Like {@link Model.fromPretrained}, from an open repository. */
  static async fromRepository<Values extends object, Instance extends Model<Values>>(
    this: ModelClass<Values, Instance>,
    repository: Repository,
    options: LoadModelOptions = {},
  ): Promise<Instance> {
    return new this(await loadModel(this.definition, repository, options));
  }

  /** The device the model runs on. */
  get device(): Device {
    return this.#device;
  }

  /**
   * Runs the graph of a method. The session for the main method and the config's size starts at load; sessions for other
   * methods or symbols start on first use. The two most recently used sessions of each method are kept.
   *
   * @param options.symbols - Values for the graph's symbols, if they differ from the config's: `{ height, width }`.
   * @param options.method - One of the definition's `methods`; the main one by default.
   * @param options.extension - Additions to the graph.
   * @param options.dtype - The format to compute in, by default that of the model.
   * @throws DisposedError after {@link Model.dispose}.
   */
  protected async run(
    inputs: Tensors,
    options: {
      readonly symbols?: Readonly<Record<string, number>>;
      readonly method?: string;
      readonly extension?: GraphExtension | undefined;
      readonly dtype?: Precision | undefined;
      readonly signal?: AbortSignal | undefined;
    } = {},
  ): Promise<Tensors> {
    const { symbols, method = mainMethod, extension, dtype = this.dtype, signal } = options;
    this.requireLoaded();
    signal?.throwIfAborted();
    const all = { ...this.#definition.symbols?.(this.config), ...symbols };
    const kept = this.#sessionFor(method, all, { extension, dtype });
    kept.users += 1;
    try {
      // An open session runs in this turn, so a dispose() that follows waits for it.
      const session = kept.session ?? (await untilAborted(kept.opened, signal));
      this.requireLoaded();
      return await session.run({ ...inputs, ...extension?.inputs }, { signal });
    } finally {
      kept.users -= 1;
      this.#disposeUnused(method);
    }
  }

  /**
   * Runs a method in float16 and, if its result is not finite, again in float32, with one warning; from then on in float32
   * alone. A model that computes in float32 runs once.
   *
   * @param upcast - Whether it is known that the method overflows in float16: diffusers' `force_upcast`.
   * @param compute - Runs the method in a format.
   */
  protected async runInRange(
    method: string,
    upcast: boolean,
    compute: (dtype: Precision) => Promise<Tensor<"float32">>,
  ): Promise<Tensor<"float32">> {
    if (this.dtype === "float32" || upcast || this.#overflowed.has(method)) return compute("float32");
    const result = await compute(this.dtype);
    if (result.data.every((value) => Number.isFinite(value))) return result;
    if (!this.#overflowed.has(method)) {
      warn(
        `${this.#definition.className}: ${method} leaves the range of float16, and is computed in float32 from now on, which takes more time and memory. Load the model with dtype "float32" to begin with that.`,
        "runtime",
      );
    }
    this.#overflowed.add(method);
    return compute("float32");
  }

  /** @throws DisposedError after {@link Model.dispose}. */
  protected requireLoaded(): void {
    if (this.#disposed) throw disposed(this.#definition.className);
  }

  /**
   * The files that {@link Model.savePretrained} would write: `config.json`, the weights, and the shard index. Weights are
   * read lazily from their source files.
   *
   * @throws InvalidArgumentError if an option is invalid.
   */
  listFiles(options: ModelFilesOptions = {}): readonly UploadFile[] {
    return listModelFiles(this.#savable, options);
  }

  /**
   * Writes `config.json` and the weights into a folder, as diffusers does, creating the folder if needed. Arrays keep their
   * stored type. You can save into the folder the model was loaded from.
   *
   * Existing files are not touched until everything is written. Then weights of the same variant from an earlier save are
   * removed; other variants and formats stay.
   *
   * @param directory - A path or a `file:` URL.
   * @throws FileWriteError if the folder cannot be written; existing files are left unchanged.
   * @throws InvalidArgumentError if an option is invalid.
   */
  async savePretrained(directory: string | URL, options: SaveModelOptions = {}): Promise<void> {
    requireKnownOptions(`${this.#definition.className}.savePretrained`, options, saveOptionNames);
    this.#checkpoint = await saveModel(this.#savable, directory, options);
  }

  /**
   * Uploads the files of {@link Model.savePretrained} to a Hub repository, creating it if needed; diffusers' `push_to_hub`.
   * Nothing is written to disk. The same commit removes weights of the same variant from an earlier upload.
   *
   * @param repositoryId - `owner/name`, or a name alone for a repository of the token's owner.
   * @throws InvalidArgumentError if the id or an option is invalid.
   * @throws HubError if the Hub cannot be reached or rejects the upload; see `uploadFiles` of `@onestep/hub`.
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

  /** Lets `await using model = …` free the memory at the end of the block. */
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

  /** The session for a method, a size, an extension and a format. Concurrent calls share one. */
  #sessionFor(method: string, symbols: Readonly<Record<string, number>>, form: SessionForm): KeptSession {
    const key = sessionKey(method, symbols, form);
    const known = this.#sessions.get(key);
    if (known !== undefined) {
      // The most recently used is last in the map.
      this.#sessions.delete(key);
      this.#sessions.set(key, known);
      return known;
    }
    const opened = this.#startSession(method, symbols, form);
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
    { extension, dtype }: SessionForm,
  ): Promise<InferenceSession> {
    const graph = graphFor(this.#definition, this.config, this.#graphs, { method, symbols });
    const extended = extension?.extend(graph) ?? graph;
    const weights = new Map([...this.#checkpoint.tensors, ...(extension?.tensors ?? [])]);
    const specialised = specialise(extended, { symbols, dtype });
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

/** Additions to a model's graph: adapter branches. */
export interface GraphExtension {
  /** Identifies the extension. */
  readonly key: string;
  /** Inputs of the graph besides those of the model. */
  readonly inputs: Tensors;
  /** Weights besides those of the checkpoint. */
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  /** The graph with the additions. */
  extend(graph: Graph): Graph;
}

/** What sessions for one method and size differ in. */
interface SessionForm {
  readonly extension: GraphExtension | undefined;
  readonly dtype: Precision;
}

/** A session of a model. */
interface KeptSession {
  readonly method: string;
  readonly opened: Promise<InferenceSession>;
  /** The session, once open. */
  session: InferenceSession | undefined;
  /** Calls in progress. */
  users: number;
}

function sessionKey(
  method: string,
  symbols: Readonly<Record<string, number>>,
  { extension, dtype }: SessionForm,
): string {
  return JSON.stringify([method, Object.entries(symbols).sort(), extension?.key ?? "", dtype]);
}

/** How many sessions to keep per method; each holds the weights in the processor's layout. */
const keptSessions = 2;

/** Compares weight names by their order in the graph. */
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
