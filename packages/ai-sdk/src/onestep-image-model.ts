import {
  APICallError,
  type ImageModelV3,
  type ImageModelV3CallOptions,
  type ImageModelV3File,
  InvalidResponseDataError,
  type JSONObject,
  type JSONValue,
  type SharedV3Warning,
  UnsupportedFunctionalityError,
} from "@ai-sdk/provider";
import { toBase64 } from "@onestep/core/internal/base64";
import type { Handler } from "@onestep/server";
import type { OnestepProviderSettings } from "./onestep-provider.ts";

/** What a call of the model gives. */
type Result = Awaited<ReturnType<ImageModelV3["doGenerate"]>>;

/** A service makes at most so many images of one request, unless its operator says otherwise. */
const maxImages = 32;

/** The model that comes with Onestep, in the package of this name. */
const shippedModel = "@onestep/emoji32";

/** The name of provider options and metadata. */
const providerName = "onestep";

/** An image model of the AI SDK: a request to a service, or to a handler in this process. */
export class OnestepImageModel implements ImageModelV3 {
  readonly specificationVersion = "v3" as const;
  readonly provider: string = providerName;
  readonly modelId: string;
  readonly maxImagesPerCall: number = maxImages;
  readonly #settings: OnestepProviderSettings;
  #handler: Promise<Handler> | undefined;

  constructor(modelId: string, settings: OnestepProviderSettings) {
    this.modelId = modelId;
    this.#settings = settings;
  }

  /**
   * Makes images.
   *
   * @throws APICallError with the status and the message of the service.
   * @throws ServeModelError if the model does not load in this process.
   */
  async doGenerate(options: ImageModelV3CallOptions): Promise<Result> {
    const warnings: SharedV3Warning[] = [];
    if (options.aspectRatio !== undefined) {
      const details = "Models differ in the sizes that they make. Pass `size`.";
      warnings.push({ type: "unsupported", feature: "aspectRatio", details });
    }
    const { endpoint, body } = toRequest(this.modelId, options);
    const response = await this.#send(endpoint, body, options);
    const answer = await readAnswer(response, { endpoint, body });
    const ignored = response.headers.get("x-onestep-ignored-fields");
    if (ignored !== null)
      warnings.push({ type: "other", message: `The service ignored these options: ${ignored}.` });
    return {
      images: answer.data.map(({ b64_json: image }) => image),
      warnings,
      providerMetadata: { [providerName]: { images: answer.data.map(({ seed }) => ({ seed })) } },
      response: {
        timestamp: new Date(answer.created * 1000),
        modelId: this.modelId,
        headers: Object.fromEntries(response.headers),
      },
    };
  }

  /** Frees the model, if it was loaded in this process. */
  async dispose(): Promise<void> {
    const handler = this.#handler;
    this.#handler = undefined;
    await (await handler)?.close();
  }

  async #send(
    endpoint: string,
    body: JSONObject,
    { headers, abortSignal }: ImageModelV3CallOptions,
  ): Promise<Response> {
    const { baseURL, apiKey, headers: own, fetch = globalThis.fetch } = this.#settings;
    const isLocal = baseURL === undefined;
    const base = isLocal ? "http://onestep.invalid/v1" : baseURL.replace(/\/+$/, "");
    const request = new Request(`${base}${endpoint}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(apiKey === undefined || isLocal ? {} : { authorization: `Bearer ${apiKey}` }),
        ...own,
        ...withoutUndefined(headers ?? {}),
      },
      body: JSON.stringify(body),
      ...(abortSignal === undefined ? {} : { signal: abortSignal }),
    });
    if (isLocal) {
      const handler = await this.#open();
      // Answers hide what went wrong on a server. In this process, its owner wants to know.
      await handler.prepare();
      abortSignal?.throwIfAborted();
      const response = await handler(request);
      abortSignal?.throwIfAborted();
      return response;
    }
    try {
      return await fetch(request);
    } catch (cause) {
      abortSignal?.throwIfAborted();
      const message = `The service at ${base} cannot be reached.`;
      throw new APICallError({
        message,
        url: request.url,
        requestBodyValues: body,
        cause,
        isRetryable: true,
      });
    }
  }

  /** The handler of this model in this process. It is loaded with the first call. */
  #open(): Promise<Handler> {
    const { load } = this.#settings;
    const source = this.modelId === shippedModel ? undefined : this.modelId;
    this.#handler ??= import("@onestep/server").then(({ createHandler }) =>
      createHandler({
        models: { [this.modelId]: { source, options: load } },
        limits: { queueSeconds: Number.POSITIVE_INFINITY, requestsPerKey: Number.POSITIVE_INFINITY },
      }),
    );
    return this.#handler;
  }
}

/** The endpoint and the body of a call. */
function toRequest(
  model: string,
  { prompt, n, size, seed, files = [], mask, providerOptions }: ImageModelV3CallOptions,
): { readonly endpoint: string; readonly body: JSONObject } {
  const own: JSONObject = Object.fromEntries(
    Object.entries(providerOptions[providerName] ?? {}).map(([name, value]) => [toSnakeCase(name), value]),
  );
  const body = withoutUndefined<JSONValue>({
    ...own,
    model,
    prompt,
    n,
    size,
    seed,
    response_format: "b64_json",
  });
  if (files.length === 0 && mask === undefined) return { endpoint: "/images/generations", body };
  return {
    endpoint: "/images/edits",
    body: {
      ...body,
      images: files.map(toReference),
      ...(mask === undefined ? {} : { mask: toReference(mask) }),
    },
  };
}

function toReference(file: ImageModelV3File): JSONObject {
  if (file.type === "url") {
    if (file.url.startsWith("data:")) return { image_url: file.url };
    throw new UnsupportedFunctionalityError({
      functionality: "images by URL",
      message: "Images by URL are not fetched. Pass the bytes of the image, or a data URL.",
    });
  }
  const data = typeof file.data === "string" ? file.data : toBase64(file.data);
  return { image_url: `data:${file.mediaType};base64,${data}` };
}

/** `numInferenceSteps` in the program is `num_inference_steps` in the API. */
function toSnakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function withoutUndefined<Value>(values: Readonly<Record<string, Value | undefined>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Record<
    string,
    Value
  >;
}

interface Answer {
  readonly created: number;
  readonly data: readonly { readonly b64_json: string; readonly seed: number }[];
}

async function readAnswer(
  response: Response,
  { endpoint, body }: { readonly endpoint: string; readonly body: JSONObject },
): Promise<Answer & { readonly data: { readonly b64_json: string; readonly seed: number }[] }> {
  const text = await response.text();
  const parsed = parseJson(text);
  if (!response.ok) {
    const { message } =
      (parsed as { readonly error?: { readonly message?: string } } | undefined)?.error ?? {};
    throw new APICallError({
      message: message ?? `The service answered with status ${response.status}.`,
      url: response.url === "" ? endpoint : response.url,
      requestBodyValues: body,
      statusCode: response.status,
      responseHeaders: Object.fromEntries(response.headers),
      responseBody: text,
      isRetryable:
        response.headers.get("x-should-retry") === "true" ||
        ([408, 409, 429, 500, 502, 503, 504].includes(response.status) &&
          response.headers.get("x-should-retry") !== "false"),
    });
  }
  if (isAnswer(parsed)) return parsed as never;
  throw new InvalidResponseDataError({
    data: parsed,
    message: "The service did not answer with images in base64.",
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isAnswer(value: unknown): value is Answer {
  const data: unknown =
    typeof value === "object" && value !== null && "data" in value ? value.data : undefined;
  return (
    Array.isArray(data) &&
    data.every((item: unknown) => typeof (item as { b64_json?: unknown } | null)?.b64_json === "string")
  );
}
