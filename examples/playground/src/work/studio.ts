import type { Engine } from "../engine/engine.ts";
import type {
  Edit,
  EngineEvent,
  Frame,
  GenerateReply,
  LoadRequest,
  ModelFacts,
  ModelOutline,
  ModelSource,
  StartPicture,
} from "../engine/messages.ts";
import { classLabelsOf, type Settings, seedsOf, type TextSettings } from "../settings/settings.ts";

/** An edit to make, when the size of the model is known. */
export interface EditOrder {
  /** The edit with its pictures at the model's size. */
  readonly prepare: (size: { readonly width: number; readonly height: number }) => Promise<Edit>;
  readonly steps: number;
}

/** What to make, with which model, and on which device. */
export interface Order extends LoadRequest {
  readonly settings: Settings;
  /** The edit to make; `undefined` to generate images from noise. */
  readonly edit?: EditOrder | undefined;
  /** The settings of a text-to-image model; requested after loading, when its defaults are known. */
  readonly readText: () => Pick<Settings, "steps"> & { readonly text: TextSettings };
  /** The picture that a text-to-image model starts from, in the given size. */
  readonly readStart: (size: {
    readonly width: number;
    readonly height: number;
  }) => Promise<StartPicture | undefined>;
}

/** How to observe and cancel an order. */
export interface OrderOptions {
  readonly signal: AbortSignal;
  readonly onEvent: (event: EngineEvent) => void;
  /** The model has to be loaded first. */
  readonly onLoading: () => void;
  /** The model is loaded; possibly already since an earlier order. */
  readonly onModel: (facts: ModelFacts) => Promise<void>;
  /** The initial noise of this order, before the first step; empty if it does not start from noise. */
  readonly onBegin: (noise: readonly Frame[]) => void;
}

/** The result of an order. */
export interface Delivery {
  /** The settings of the order, completed with the model's defaults. */
  readonly settings: Settings;
  readonly facts: ModelFacts;
  readonly classLabels: readonly number[] | undefined;
  readonly reply: GenerateReply;
  readonly edit: Edit | undefined;
}

interface Loading {
  readonly request: LoadRequest;
  readonly controller: AbortController;
  readonly facts: Promise<ModelFacts>;
}

/** Loads models and generates images. Keeps the last model loaded. */
export class Studio {
  readonly #engine: Engine;
  #loaded: { readonly request: LoadRequest; readonly facts: ModelFacts } | undefined;
  #loading: Loading | undefined;
  #onEvent: (event: EngineEvent) => void = () => {};

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** What is known about a model, if it is the one loaded or the engine knows it already. */
  factsOf(source: ModelSource): ModelFacts | undefined {
    const known = this.#engine.factsOf(source);
    if (known !== undefined) return known;
    return this.#loaded !== undefined && isSame(this.#loaded.request.source, source)
      ? this.#loaded.facts
      : undefined;
  }

  /** The noise of some seeds, in the size of the loaded model, or of the bundled one. */
  drawNoise(seeds: Pick<Settings, "seed" | "count">): Promise<readonly Frame[]> {
    const { width, height } = this.#loaded?.facts ?? { width: 32, height: 32 };
    return this.#engine.call("noise", { seeds: seedsOf(seeds), width, height });
  }

  /** Fits a picture to a size. */
  fit(picture: Frame, size: { readonly width: number; readonly height: number }): Promise<Frame> {
    const { width, height } = size;
    return this.#engine.call("fit", { picture, width, height });
  }

  /** The type of a Hub model, and whether it fits this device, before its weights are fetched. */
  inspect(request: LoadRequest, signal: AbortSignal): Promise<ModelOutline> {
    return this.#engine.call("inspect", request, { signal });
  }

  /** Cancels loading a model, whichever order requested it. */
  cancelLoading(): void {
    this.#loading?.controller.abort();
  }

  /**
   * Generates images; loads the model first if it is not the loaded one. A cancelled order lets the model finish
   * loading, so that the next order can use it; see {@link cancelLoading}.
   *
   * @throws EngineError if this fails; the signal's reason if it is cancelled.
   */
  async make(order: Order, options: OrderOptions): Promise<Delivery> {
    const { settings, edit, source, device, previewId } = order;
    const { signal, onEvent } = options;
    this.#onEvent = onEvent;
    const request = { source, device, previewId };
    const facts = await untilAborted(this.#load(request, options.onLoading), signal);
    await options.onModel(facts);
    signal.throwIfAborted();
    const seeds = seedsOf(settings);
    const watched = { signal, onEvent };
    if (facts.text !== undefined) {
      const { text, steps } = order.readText();
      const start = await order.readStart(text);
      signal.throwIfAborted();
      options.onBegin([]);
      const negativePrompt = text.negativePrompt === "" ? undefined : text.negativePrompt;
      const wanted = { ...text, negativePrompt, seeds, steps, start };
      const reply = await this.#engine.call("text", wanted, watched);
      const made = { ...settings, steps, timesteps: undefined, text };
      const repainted =
        start?.mask === undefined
          ? undefined
          : ({ kind: "inpaint", image: start.image, mask: start.mask } as const);
      return { settings: made, facts, classLabels: undefined, reply, edit: repainted };
    }
    const classLabels = classLabelsOf(settings, facts.classCount);
    if (edit !== undefined) {
      const prepared = await edit.prepare(facts);
      signal.throwIfAborted();
      options.onBegin([]);
      const wanted = { edit: prepared, seeds, classLabels, steps: edit.steps };
      const reply = await this.#engine.call("edit", wanted, watched);
      return { settings, facts, classLabels, reply, edit: prepared };
    }
    const noise = await this.drawNoise(settings);
    signal.throwIfAborted();
    options.onBegin(noise);
    const steps = settings.timesteps ?? settings.steps;
    const reply = await this.#engine.call("generate", { seeds, classLabels, steps }, watched);
    return { settings, facts, classLabels, reply, edit: undefined };
  }

  async #load(request: LoadRequest, onLoading: () => void): Promise<ModelFacts> {
    const { request: before, facts: known } = this.#loaded ?? {};
    if (
      before !== undefined &&
      known !== undefined &&
      this.#engine.isAlive &&
      isSameRequest(before, request)
    ) {
      return known;
    }
    onLoading();
    if (this.#loading !== undefined && isSameRequest(this.#loading.request, request))
      return this.#loading.facts;
    if (this.#loading !== undefined) {
      this.#loading.controller.abort();
      await this.#loading.facts.catch(() => undefined);
      return this.#load(request, onLoading);
    }
    this.#loaded = undefined;
    const controller = new AbortController();
    const facts = this.#engine.call("load", request, {
      signal: controller.signal,
      onEvent: (event) => this.#onEvent(event),
    });
    const loading = { request, controller, facts };
    this.#loading = loading;
    try {
      this.#loaded = { request, facts: await facts };
      return this.#loaded.facts;
    } finally {
      if (this.#loading === loading) this.#loading = undefined;
    }
  }
}

/** The result of a promise, unless the signal is aborted first. */
function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function isSameRequest(left: LoadRequest, right: LoadRequest): boolean {
  return (
    left.device === right.device && left.previewId === right.previewId && isSame(left.source, right.source)
  );
}

function isSame(left: ModelSource, right: ModelSource): boolean {
  if (left.kind === "files" || left.kind === "file") return left === right;
  return JSON.stringify(left) === JSON.stringify(right);
}
