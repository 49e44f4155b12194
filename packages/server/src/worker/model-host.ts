import { errorMessage } from "@onestep/core/internal";
import type { RepositoryLocation } from "@onestep/hub";
import {
  type DiffusionPipeline,
  type DiffusionPipelineBase,
  LatentDiffusionPipelineBase,
  DiffusionPipeline as Loader,
  type LoadPipelineOptions,
} from "@onestep/pipelines";
import { ServeModelError } from "../errors.ts";
import type { ModelCard } from "../service/model-card.ts";
import { measureModel } from "./measure-model.ts";
import { describeModel } from "./tasks.ts";

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
  /** How much memory loaded models may take, in bytes, before those used longest ago are unloaded. */
  readonly memoryBudget?: number | undefined;
  /** The memory of this process, in bytes, if it can be told. */
  readonly readMemory?: (() => number) | undefined;
  readonly onLoad?: ((event: LoadEvent) => void) | undefined;
}

/** A model was loaded and measured. */
export interface LoadEvent {
  readonly card: ModelCard;
  readonly seconds: number;
}

/** A model in memory. */
export interface LoadedModel {
  readonly card: ModelCard;
  readonly pipe: DiffusionPipelineBase;
  /** An estimate, in bytes: how much the process grew while it was loaded and warmed up. */
  readonly memory: number;
}

interface Slot {
  readonly name: string;
  readonly model: ServedModel;
  loaded: LoadedModel | undefined;
  /** What it was when it was last in memory. */
  known: { readonly card: ModelCard; readonly memory: number } | undefined;
  usedAt: number;
}

/** The models of a worker: loaded, measured, and unloaded where memory is short. */
export class ModelHost {
  readonly #slots: ReadonlyMap<string, Slot>;
  readonly #options: ModelHostOptions;

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
      await this.use(name, signal);
    }
    return this.cards;
  }

  /** A model, loaded now if it is not in memory. */
  async use(name: string, signal?: AbortSignal): Promise<LoadedModel> {
    const slot = this.#slots.get(name);
    if (slot === undefined) throw notServed(name, this.names);
    slot.usedAt = performance.now();
    if (slot.loaded === undefined) {
      await this.#makeRoom(slot.known?.memory ?? 0);
      slot.loaded = await this.#load(slot, signal);
      slot.known = slot.loaded;
      await this.#makeRoom(0, name);
    }
    return slot.loaded;
  }

  /** Unloads the models. */
  async close(): Promise<void> {
    for (const slot of this.#slots.values()) await unload(slot);
  }

  async #load(slot: Slot, signal: AbortSignal | undefined): Promise<LoadedModel> {
    const { name, model, known } = slot;
    const { readMemory = () => 0, maxBatch = "auto", onLoad } = this.#options;
    const startedAt = performance.now();
    const before = readMemory();
    try {
      const pipe = model.pipeline ?? (await loadPipeline(model, signal));
      const adapters = Object.entries(model.adapters ?? {});
      await loadAdapters(pipe, adapters, model.options, signal);
      const described =
        known?.card ??
        describeModel(pipe, { name, created: createdNow(), adapters: adapters.map(([own]) => own) });
      const card = known?.card ?? {
        ...described,
        ...(await measureModel(pipe, described, { maxBatch, signal })),
      };
      const loaded = { card, pipe, memory: Math.max(0, readMemory() - before) };
      onLoad?.({ card, seconds: (performance.now() - startedAt) / 1000 });
      return loaded;
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

async function loadPipeline(
  { source, options }: ServedModel,
  signal: AbortSignal | undefined,
): Promise<DiffusionPipeline> {
  return Loader.fromPretrained(source, { ...options, ...(signal === undefined ? {} : { signal }) });
}

async function loadAdapters(
  pipe: DiffusionPipelineBase,
  adapters: readonly (readonly [name: string, source: RepositoryLocation])[],
  options: LoadPipelineOptions = {},
  signal: AbortSignal | undefined,
): Promise<void> {
  if (adapters.length === 0) return;
  if (!(pipe instanceof LatentDiffusionPipelineBase)) {
    throw new ServeModelError({
      subject: "adapters",
      found: `LoRA adapters for a ${pipe.className}`,
      expected: "a text-to-image model",
      remedy: "Serve this model without adapters.",
    });
  }
  const { token, endpoint, cacheDir, localFilesOnly } = options;
  for (const [adapterName, source] of adapters) {
    if (pipe.adapterNames.includes(adapterName)) continue;
    await pipe.loadLoraWeights(source, { adapterName, token, endpoint, cacheDir, localFilesOnly, signal });
  }
  pipe.setAdapters([]);
}

/** Repositories do not say when they were made. */
function createdNow(): number {
  return Math.floor(Date.now() / 1000);
}

async function unload(slot: Slot): Promise<void> {
  const { loaded, model } = slot;
  slot.loaded = undefined;
  if (loaded !== undefined && model.pipeline === undefined) await loaded.pipe.dispose();
}

function notServed(name: string, names: readonly string[]): ServeModelError {
  return new ServeModelError({
    subject: name,
    found: "a job for a model that this worker does not have",
    expected: names.join(", "),
    remedy: "Start a worker for it.",
  });
}
