import { Engine } from "../engine/engine.ts";
import type {
  DeviceChoice,
  EngineEvent,
  Frame,
  GenerateReply,
  LoadRequest,
  ModelFacts,
  ModelSource,
} from "../engine/messages.ts";
import { classLabelsOf, type Settings, seedsOf } from "../settings/settings.ts";

/** What to make, with which model, and where. */
export interface Order {
  readonly settings: Settings;
  readonly source: ModelSource;
  readonly device: DeviceChoice;
}

/** How an order is watched and stopped. */
export interface OrderOptions {
  readonly signal: AbortSignal;
  readonly onEvent: (event: EngineEvent) => void;
  /** The model has to be loaded first. */
  readonly onLoading: () => void;
  /** The model is loaded, perhaps since long. */
  readonly onModel: (facts: ModelFacts) => Promise<void>;
  /** The noise of this order, before the first step. */
  readonly onNoise: (frames: readonly Frame[]) => void;
}

/** What came of an order. */
export interface Delivery {
  readonly facts: ModelFacts;
  readonly classLabels: readonly number[] | undefined;
  readonly reply: GenerateReply;
}

/** Loads models and makes images, and remembers which model is loaded. */
export class Studio {
  readonly #engine = new Engine();
  #loaded: { readonly request: LoadRequest; readonly facts: ModelFacts } | undefined;

  /** What is known of a model, if it is the one that is loaded. */
  factsOf(source: ModelSource): ModelFacts | undefined {
    return this.#loaded !== undefined && isSame(this.#loaded.request.source, source)
      ? this.#loaded.facts
      : undefined;
  }

  /** The noise of some seeds, in the size of the model that is loaded, or that of the one that ships. */
  drawNoise(seeds: Pick<Settings, "seed" | "count">): Promise<readonly Frame[]> {
    const { width, height } = this.#loaded?.facts ?? { width: 32, height: 32 };
    return this.#engine.call("noise", { seeds: seedsOf(seeds), width, height });
  }

  /**
   * Makes images; loads the model first where it is another one than before.
   *
   * @throws EngineError where that fails; the signal's reason where it is cancelled.
   */
  async make({ settings, source, device }: Order, options: OrderOptions): Promise<Delivery> {
    const { signal, onEvent } = options;
    const facts = await this.#load({ source, device }, options);
    await options.onModel(facts);
    const classLabels = classLabelsOf(settings, facts.classCount);
    const seeds = seedsOf(settings);
    options.onNoise(await this.drawNoise(settings));
    const steps = settings.timesteps ?? settings.steps;
    const reply = await this.#engine.call("generate", { seeds, classLabels, steps }, { signal, onEvent });
    return { facts, classLabels, reply };
  }

  async #load(request: LoadRequest, { signal, onEvent, onLoading }: OrderOptions): Promise<ModelFacts> {
    const { source, device } = request;
    const { request: before, facts: known } = this.#loaded ?? {};
    if (before !== undefined && known !== undefined && this.#engine.isAlive) {
      if (before.device === device && isSame(before.source, source)) return known;
    }
    onLoading();
    this.#loaded = undefined;
    const facts = await this.#engine.call("load", request, { signal, onEvent });
    this.#loaded = { request, facts };
    return facts;
  }
}

function isSame(left: ModelSource, right: ModelSource): boolean {
  if (left.kind === "files" || left.kind === "file") return left === right;
  return JSON.stringify(left) === JSON.stringify(right);
}
