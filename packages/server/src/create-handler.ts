import type { RepositoryLocation } from "@onestep/hub";
import type { DiffusionPipelineBase } from "@onestep/pipelines";
import { FileStore } from "./files/file-store.ts";
import { createApp, type Readiness, type RequestReport, type ServiceApp } from "./http/app.ts";
import type { ApiKey } from "./http/keys.ts";
import { defaultLimits, type ServiceLimits } from "./limits.ts";
import { Tracing } from "./operation/tracing.ts";
import { MemoryQueue } from "./queue/memory-queue.ts";
import type { JobQueue } from "./queue/queue.ts";
import { ImageService } from "./service/image-service.ts";
import type { ModelCard } from "./service/model-card.ts";
import { ModelDirectory, type ModelSource } from "./service/model-directory.ts";
import { MemoryStorage } from "./storage/memory-storage.ts";
import type { ImageStorage } from "./storage/storage.ts";
import { type LoadEvent, ModelHost, type ServedModel } from "./worker/model-host.ts";
import { type RunReport, runWorker } from "./worker/worker.ts";

/** Options of {@link createHandler}. */
export interface HandlerOptions {
  /**
   * The models by the names under which they are served: loaded pipelines, or what to load. The first is the default of
   * requests that name none.
   */
  readonly models: Readonly<Record<string, ServedModel | DiffusionPipelineBase | RepositoryLocation>>;
  /** Other names of models: `{ "gpt-image-1": "SimianLuo/LCM_Dreamshaper_v7" }`, for clients that fix the name. */
  readonly aliases?: Readonly<Record<string, string>> | undefined;
  /** API keys; without any, everybody may call. */
  readonly keys?: readonly ApiKey[] | undefined;
  readonly limits?: Partial<ServiceLimits> | undefined;
  /** Refuses unknown fields with 400, in place of ignoring them. */
  readonly strict?: boolean | undefined;
  /** The most images of a run; `"auto"` (default) measures where more pay. */
  readonly maxBatch?: number | "auto" | undefined;
  /**
   * How many copies of a model make images at the same time; `"auto"` (default) measures whether one a core is faster.
   * Pipelines that were passed in are not copied.
   */
  readonly instances?: number | "auto" | undefined;
  /** How much memory loaded models may take, in bytes. */
  readonly memoryBudget?: number | undefined;
  readonly readMemory?: (() => number) | undefined;
  /** The path that the handler is mounted at: `"/api"`. */
  readonly basePath?: string | undefined;
  readonly publicUrl?: string | undefined;
  readonly allowedHosts?: readonly string[] | undefined;
  readonly corsOrigins?: readonly string[] | undefined;
  /** Where jobs wait; in memory by default. */
  readonly queue?: JobQueue | undefined;
  /** Where images are kept until they are fetched; in memory by default. */
  readonly storage?: ImageStorage | undefined;
  readonly onLoad?: ((event: LoadEvent) => void) | undefined;
  readonly onRun?: ((report: RunReport) => void) | undefined;
  readonly onRequest?: ((report: RequestReport) => void) | undefined;
  /** Called for each image with the seconds that it waited before its run. */
  readonly onWait?: ((model: string, seconds: number) => void) | undefined;
  /** Adds routes behind the same guard. */
  readonly addRoutes?: ((app: ServiceApp, parts: ServiceParts) => void) | undefined;
}

/** What the parts of a service share. */
export interface ServiceParts {
  readonly images: ImageService;
  readonly queue: JobQueue;
  readonly storage: ImageStorage;
  readonly directory: ModelDirectory;
  readonly limits: ServiceLimits;
}

/** A service as a function from requests to answers; what `fetch` is on the other side. */
export interface Handler {
  (request: Request): Promise<Response>;
  /** Loads and warms up the models. The first request does so otherwise. */
  prepare(signal?: AbortSignal): Promise<readonly ModelCard[]>;
  /** Refuses new requests with 503. What was accepted is finished. */
  drain(): void;
  /** Stops: current runs end before their next step. Pipelines that were passed in stay with their owner. */
  close(): Promise<void>;
  readonly parts: ServiceParts;
  /** The Hono app behind it, to add routes before the first request. */
  readonly app: ServiceApp;
  /** What is in memory, in bytes by model. */
  memory(): ReadonlyMap<string, number>;
}

/**
 * Makes a service of models in this process: OpenAI's images API as a `fetch` handler, for Next.js, Hono, Express, Bun
 * and Deno.
 *
 * @example
 * const pipe = await LatentConsistencyModelPipeline.fromPretrained("SimianLuo/LCM_Dreamshaper_v7");
 * export const POST = createHandler({ models: { default: pipe }, basePath: "/api" });
 *
 * @throws ServeModelError if there is no model.
 */
export function createHandler(options: HandlerOptions): Handler {
  const queue = options.queue ?? new MemoryQueue();
  const storage = options.storage ?? new MemoryStorage();
  const { maxBatch, instances, memoryBudget, readMemory, onLoad } = options;
  const models = Object.fromEntries(
    Object.entries(options.models).map(([name, model]) => [name, toServedModel(model)]),
  );
  const host = new ModelHost({ models, maxBatch, instances, memoryBudget, readMemory, onLoad });
  const tracing = new Tracing();
  const worker = new LocalWorker({
    ...{ queue, storage, host },
    onRun(report) {
      tracing.onRun(report);
      options.onRun?.(report);
    },
  });
  const source = { cards: () => worker.prepare(), workerCount: async () => 1 };
  const parts = createParts(options, { queue, storage, source });
  const app = createApp({
    ...{ ...options, ...parts, tracing },
    readiness: async () => worker.readiness(),
    isDraining: () => worker.isDraining,
    addRoutes: (own) => options.addRoutes?.(own, parts),
  });
  return Object.assign(async (request: Request) => app.fetch(request), {
    prepare: (signal?: AbortSignal) => worker.prepare(signal),
    drain: () => worker.drain(),
    close: () => worker.close(),
    ...{ parts, app },
    memory: () => host.memory,
  });
}

/** Makes the parts of a service over a queue and a storage. */
export function createParts(
  { aliases, strict = false, onWait, ...options }: Omit<HandlerOptions, "models">,
  {
    queue,
    storage,
    source,
  }: { readonly queue: JobQueue; readonly storage: ImageStorage; readonly source: ModelSource },
): ServiceParts {
  const limits = { ...defaultLimits, ...options.limits };
  const directory = new ModelDirectory({ source, aliases });
  const images = new ImageService({
    ...{ queue, storage, directory, limits, strict, onWait },
    readFile: (owner, id) => new FileStore(storage).read(owner, id, limits.uploadBytes),
  });
  return { images, queue, storage, directory, limits };
}

function toServedModel(model: ServedModel | DiffusionPipelineBase | RepositoryLocation): ServedModel {
  if (typeof model === "string" || model instanceof URL) return { source: model };
  if ("generate" in model && "components" in model) return { pipeline: model as DiffusionPipelineBase };
  return model as ServedModel;
}

/** What a {@link LocalWorker} works with. */
interface LocalWorkerOptions {
  readonly queue: JobQueue;
  readonly storage: ImageStorage;
  readonly host: ModelHost;
  readonly onRun: ((report: RunReport) => void) | undefined;
}

/** The worker of a service on one machine. It starts once its models are loaded. */
class LocalWorker {
  readonly #options: LocalWorkerOptions;
  readonly #drain = new AbortController();
  readonly #stop = new AbortController();
  #preparing: Promise<readonly ModelCard[]> | undefined;
  #running: Promise<void> | undefined;
  /** Whether new requests are refused. */
  isDraining = false;

  constructor(options: LocalWorkerOptions) {
    this.#options = options;
  }

  prepare(signal?: AbortSignal): Promise<readonly ModelCard[]> {
    const { queue, storage, host, onRun } = this.#options;
    this.#preparing ??= host.prepare(signal).then(
      (cards) => {
        this.#running = runWorker({
          queue,
          storage,
          host,
          onRun,
          drain: this.#drain.signal,
          stop: this.#stop.signal,
        });
        return cards;
      },
      (error: unknown) => {
        // The next request tries again.
        this.#preparing = undefined;
        throw error;
      },
    );
    return this.#preparing;
  }

  readiness(): Readiness {
    if (this.isDraining) return { isReady: false, reason: "shutting down" };
    return this.#running === undefined ? { isReady: false, reason: "loading the models" } : { isReady: true };
  }

  drain(): void {
    this.isDraining = true;
  }

  async close(): Promise<void> {
    this.drain();
    this.#drain.abort();
    this.#stop.abort();
    await this.#running;
    await this.#options.host.close();
    await this.#options.queue.close();
    await this.#options.storage.close();
  }
}
