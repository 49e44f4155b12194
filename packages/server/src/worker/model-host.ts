import { errorMessage } from "@onestep/core/internal";
import type { RepositoryLocation } from "@onestep/hub";
import type { DiffusionPipelineBase, LoadPipelineOptions } from "@onestep/pipelines";
import { ServeModelError } from "../errors.ts";
import type { ModelCard } from "../service/model-card.ts";
import { InstancePool } from "./instance-pool.ts";
import { dispose, loadInstances } from "./load-instances.ts";

/** A model to serve: loaded from a repository, or a pipeline that exists. */
export interface ServedModel {
  /** What to load; the included model by default. */
  readonly source?: RepositoryLocation | undefined;
  /** A loaded pipeline, in place of `source`. It stays with its owner, who disposes of it. */
  readonly pipeline?: DiffusionPipelineBase | undefined;
  /** How to load it. */
  readonly options?: LoadPipelineOptions | undefined;
  /** LoRA adapters that requests may choose, by name. */
  readonly adapters?: Readonly<Record<string, RepositoryLocation>> | undefined;
}

/** Options of {@link ModelHost}. */
export interface ModelHostOptions {
  /** The models by the names under which they are served. */
  readonly models: Readonly<Record<string, ServedModel>>;
  /** The most images of a run; `"auto"` (default) measures where more pay. */
  readonly maxBatch?: number | "auto" | undefined;
  /**
   * How many copies of a model make images at the same time, each on its share of the processor's cores. `"auto"` (default)
   * measures whether one a core makes more images a second, as it does for small models, whose operators are too short to be
   * divided. Models that were passed as pipelines have one.
   */
  readonly instances?: number | "auto" | undefined;
  /** How much memory loaded models may take, in bytes, before those used longest ago are unloaded. */
  readonly memoryBudget?: number | undefined;
  /** The memory of this process, in bytes, if it can be told. */
  readonly readMemory?: (() => number) | undefined;
  readonly onLoad?: ((event: LoadEvent) => void) | undefined;
}

/** A model was loaded and measured. */
export interface LoadEvent {
  readonly card: ModelCard;
  /** How many copies of it there are. */
  readonly instances: number;
  readonly seconds: number;
}

/** A model in memory, and the instance of it that a run has to itself. */
export interface LoadedModel {
  readonly card: ModelCard;
  readonly pipe: DiffusionPipelineBase;
}

interface Loaded {
  readonly card: ModelCard;
  readonly pool: InstancePool;
  /** An estimate, in bytes: how much the process grew while it was loaded and warmed up. */
  readonly memory: number;
}

interface Slot {
  readonly name: string;
  readonly model: ServedModel;
  loaded: Loaded | undefined;
  /** What it was when it was last in memory. */
  known: { readonly card: ModelCard; readonly instances: number; readonly memory: number } | undefined;
  usedAt: number;
}

/** The models of a worker: loaded, measured, and unloaded where memory is short. */
export class ModelHost {
  readonly #slots: ReadonlyMap<string, Slot>;
  readonly #options: ModelHostOptions;
  /** Models are loaded and unloaded one after the other. */
  #changes: Promise<unknown> = Promise.resolve();

  /** @throws ServeModelError if there is no model. */
  constructor(options: ModelHostOptions) {
    this.#options = options;
    this.#slots = new Map(
      Object.entries(options.models).map(([name, model]) => [
        name,
        { name, model, loaded: undefined, known: undefined, usedAt: 0 },
      ]),
    );
    if (this.#slots.size > 0) return;
    throw new ServeModelError({
      subject: "models",
      found: "none",
      expected: "at least one model to serve",
      remedy: "Name one.",
    });
  }

  /** The names under which the models are served. */
  get names(): readonly string[] {
    return [...this.#slots.keys()];
  }

  /** What the models can do, of all that were loaded once. */
  get cards(): readonly ModelCard[] {
    return [...this.#slots.values()].flatMap(({ known }) => known?.card ?? []);
  }

  /** How many runs can go on at the same time. */
  get lanes(): number {
    return Math.max(1, ...[...this.#slots.values()].map(({ known }) => known?.instances ?? 1));
  }

  /** What is in memory, by name. */
  get memory(): ReadonlyMap<string, number> {
    return new Map(
      [...this.#slots.values()].flatMap(({ name, loaded }) =>
        loaded === undefined ? [] : [[name, loaded.memory]],
      ),
    );
  }

  /**
   * Loads, warms up and measures every model, one after the other, so that what they can do is known.
   *
   * @throws ServeModelError that names the model that cannot be served.
   */
  async prepare(signal?: AbortSignal): Promise<readonly ModelCard[]> {
    for (const name of this.names) {
      signal?.throwIfAborted();
      await this.use(name, async () => undefined, signal);
    }
    return this.cards;
  }

  /**
   * Does work with an instance of a model, once one is free. The model is loaded now if it is not in memory.
   *
   * @throws ServeModelError if there is no such model, or it does not load.
   */
  async use<Result>(
    name: string,
    work: (model: LoadedModel) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    const slot = this.#slots.get(name);
    if (slot === undefined) throw notServed(name, this.names);
    slot.usedAt = performance.now();
    // Reserved before anything else can unload it.
    const reserve = ({ card, pool }: Loaded) => ({ card, run: pool.reserve() });
    const { card, run } =
      slot.loaded === undefined
        ? await this.#change(async () => reserve(slot.loaded ?? (await this.#loadWithRoom(slot, signal))))
        : reserve(slot.loaded);
    return await run(async (pipe) => await work({ card, pipe }));
  }

  /** Unloads the models, once their runs have ended. */
  async close(): Promise<void> {
    await this.#change(async () => {
      for (const slot of this.#slots.values()) await unload(slot);
    });
  }

  #change<Result>(change: () => Promise<Result>): Promise<Result> {
    const changed = this.#changes.then(change);
    this.#changes = changed.catch(() => undefined);
    return changed;
  }

  async #loadWithRoom(slot: Slot, signal: AbortSignal | undefined): Promise<Loaded> {
    await this.#makeRoom(slot.known?.memory ?? 0);
    const loaded = await this.#load(slot, signal);
    slot.loaded = loaded;
    slot.known = { ...loaded, instances: loaded.pool.instances.length };
    await this.#makeRoom(0, slot.name);
    return loaded;
  }

  async #load({ name, model, known }: Slot, signal: AbortSignal | undefined): Promise<Loaded> {
    const { onLoad, ...options } = this.#options;
    const { maxBatch = "auto", instances: wanted = "auto", readMemory = () => 0 } = options;
    const { memoryBudget = Number.POSITIVE_INFINITY } = options;
    const startedAt = performance.now();
    const before = readMemory();
    try {
      const { card, instances } = await loadInstances(model, {
        ...{ name, known, maxBatch, instances: wanted, readMemory, memoryBudget, signal },
      });
      const memory = Math.max(0, readMemory() - before);
      onLoad?.({ card, instances: instances.length, seconds: (performance.now() - startedAt) / 1000 });
      return { card, pool: new InstancePool(instances), memory };
    } catch (cause) {
      if (signal?.aborted) throw cause;
      throw new ServeModelError(
        {
          subject: name,
          found: "a model that cannot be served",
          expected: "a model that loads and makes an image",
          remedy: "Try it with `onestep generate` first.",
          summary: `${name} cannot be served: ${errorMessage(cause)}`,
        },
        { cause },
      );
    }
  }

  /** Unloads what was used longest ago, until there is room. */
  async #makeRoom(needed: number, keep?: string): Promise<void> {
    const { memoryBudget = Number.POSITIVE_INFINITY } = this.#options;
    const inMemory = [...this.#slots.values()].filter(
      ({ loaded, name }) => loaded !== undefined && name !== keep,
    );
    inMemory.sort((one, other) => one.usedAt - other.usedAt);
    let total = [...this.memory.values()].reduce((sum, bytes) => sum + bytes, needed);
    for (const slot of inMemory) {
      if (total <= memoryBudget) return;
      total -= slot.loaded?.memory ?? 0;
      await unload(slot);
    }
  }
}

async function unload(slot: Slot): Promise<void> {
  const { loaded, model } = slot;
  slot.loaded = undefined;
  if (loaded === undefined) return;
  await loaded.pool.idle();
  await dispose(model, loaded.pool.instances);
}

function notServed(name: string, names: readonly string[]): ServeModelError {
  return new ServeModelError({
    subject: name,
    found: "a job for a model that this worker does not have",
    expected: names.join(", "),
    remedy: "Start a worker for it.",
  });
}
