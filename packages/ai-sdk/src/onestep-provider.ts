import { type ImageModelV3, NoSuchModelError, type ProviderV3 } from "@ai-sdk/provider";
import type { LoadPipelineOptions } from "@onestep/pipelines";
import { OnestepImageModel } from "./onestep-image-model.ts";

/** Settings of {@link createOnestep}. */
export interface OnestepProviderSettings {
  /** The API of a service, `http://127.0.0.1:8000/v1`. Without it, images are made in this process. */
  readonly baseURL?: string | undefined;
  /** The key of the service. It is sent to `baseURL` only. */
  readonly apiKey?: string | undefined;
  /** Headers of every request to the service. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** In place of the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** How models are loaded that run in this process: `device`, `variant`, `token` and others. */
  readonly load?: LoadPipelineOptions | undefined;
}

/** The provider: `onestep.image(…)` is a model for `generateImage`. */
export interface OnestepProvider extends ProviderV3 {
  /**
   * An image model.
   *
   * @param modelId - A model on the Hub, or a folder; with a `baseURL`, a model of the service.
   */
  image(modelId: string): ImageModelV3;
  /** The same as {@link OnestepProvider.image}. */
  imageModel(modelId: string): ImageModelV3;
  /** Frees the models that were loaded in this process. */
  dispose(): Promise<void>;
}

/**
 * Makes a provider for the AI SDK.
 *
 * @example
 * const service = createOnestep({ baseURL: "http://127.0.0.1:8000/v1", apiKey: process.env.ONESTEP_API_KEY });
 * const { image } = await generateImage({ model: service.image("SimianLuo/LCM_Dreamshaper_v7"), prompt: "a lighthouse", seed: 0 });
 */
export function createOnestep(settings: OnestepProviderSettings = {}): OnestepProvider {
  const models = new Map<string, OnestepImageModel>();
  const image = (modelId: string): ImageModelV3 => {
    const known = models.get(modelId);
    if (known !== undefined) return known;
    const model = new OnestepImageModel(modelId, settings);
    models.set(modelId, model);
    return model;
  };
  return {
    specificationVersion: "v3",
    ...{ image, imageModel: image },
    languageModel(modelId) {
      throw new NoSuchModelError({ modelId, modelType: "languageModel" });
    },
    embeddingModel(modelId) {
      throw new NoSuchModelError({ modelId, modelType: "embeddingModel" });
    },
    async dispose() {
      const loaded = [...models.values()];
      models.clear();
      await Promise.all(loaded.map((model) => model.dispose()));
    },
  };
}

/**
 * The provider with default settings: models run in this process.
 *
 * @example
 * const { image } = await generateImage({
 *   model: onestep.image("SimianLuo/LCM_Dreamshaper_v7"),
 *   prompt: "a lighthouse in a storm, oil on canvas",
 *   size: "512x512",
 *   seed: 0,
 * });
 */
export const onestep: OnestepProvider = createOnestep();
