import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { ServiceLimits } from "../limits.ts";
import type { ImageCall, ImageEndpoint, ImageEvent, ImageService } from "../service/image-service.ts";
import type { ImageStorage } from "../storage/storage.ts";
import { ApiError, toApiError } from "./api-error.ts";
import type { ServiceVariables } from "./app.ts";
import { claimIdempotencyKey } from "./idempotency.ts";
import { mediaTypeOf, parseJson, readBytes, readImageForm, requireMediaType } from "./read-body.ts";
import { readDeadline } from "./read-deadline.ts";
import type { SignedUrls } from "./signed-urls.ts";

type App = OpenAPIHono<{ Variables: ServiceVariables }>;

/** What the routes of images need. */
export interface ImageRouteOptions {
  readonly images: ImageService;
  readonly storage: ImageStorage;
  readonly limits: ServiceLimits;
  readonly urls: SignedUrls;
}

const endpoints: readonly ImageEndpoint[] = [
  "/v1/images/generations",
  "/v1/images/edits",
  "/v1/images/variations",
];

/** Adds the routes that make images. */
export function imageRoutes(app: App, options: ImageRouteOptions): void {
  for (const endpoint of endpoints) {
    app.post(endpoint, (context) => answer(context, endpoint, options));
  }
  app.get("/v1/images/content/:key{.+}", async (context) => {
    const key = await options.urls.verify(new URL(context.req.url));
    const bytes = await options.storage.get(key);
    if (bytes === undefined) throw expired();
    const ending = /\.(\w+)$/.exec(key)?.[1] ?? "png";
    return context.body(bytes, 200, {
      "content-type": ending === "jpg" ? "image/jpeg" : `image/${ending}`,
      "x-content-type-options": "nosniff",
      "cache-control": "private, max-age=3600",
    });
  });
}

async function answer(
  context: Context<{ Variables: ServiceVariables }>,
  endpoint: ImageEndpoint,
  options: ImageRouteOptions,
): Promise<Response> {
  const { images, limits } = options;
  const request = context.req.raw;
  const { bytes, body, uploaded } = await readRequest(request, endpoint, limits);
  const owner = context.get("owner");
  const deadline = readDeadline(request, context.get("signal"));
  try {
    const jobId = await claimIdempotencyKey(request, {
      owner,
      endpoint,
      body: bytes,
      storage: options.storage,
    });
    const call: ImageCall = {
      ...{
        owner,
        jobId,
        uploaded,
        priority: "interactive",
        signal: deadline.signal,
        requestId: context.get("requestId"),
      },
      durable: jobId !== undefined,
      toUrl: (key) => options.urls.sign(key, new URL(request.url)),
    };
    if (isStream(body)) {
      const { events, ignored, body: read } = await images.stream(endpoint, body, call);
      noteIgnored(context, ignored);
      return sendEvents(context, events, { endpoint, format: read.output_format });
    }
    const { response, ignored, maskRule } = await images.create(endpoint, body, call);
    noteIgnored(context, ignored);
    if (maskRule !== undefined) context.header("x-onestep-mask", maskRule);
    return context.json(response);
  } catch (error) {
    if (deadline.isOver()) throw timedOut(error);
    throw deadline.signal.aborted ? clientGone(error) : error;
  } finally {
    if (!isStream(body)) deadline.clear();
  }
}

async function readRequest(
  request: Request,
  endpoint: ImageEndpoint,
  limits: ServiceLimits,
): Promise<{
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly body: unknown;
  readonly uploaded?: ImageCall["uploaded"];
}> {
  const takesImages = endpoint !== "/v1/images/generations";
  requireMediaType(request, takesImages ? ["multipart/form-data", "application/json"] : ["application/json"]);
  if (mediaTypeOf(request) === "application/json") {
    const bytes = await readBytes(request, takesImages ? limits.jsonImageBytes : limits.jsonBytes);
    return { bytes, body: parseJson(bytes) };
  }
  const bytes = await readBytes(request, limits.uploadBytes);
  return { bytes, ...(await readImageForm(request, bytes, limits)) };
}

function isStream(body: unknown): boolean {
  return typeof body === "object" && body !== null && "stream" in body && body.stream === true;
}

function noteIgnored(context: Context, ignored: readonly string[]): void {
  const names = ignored.map((name) => name.replaceAll(/[^\w.-]/g, "?").slice(0, 64)).slice(0, 32);
  if (names.length > 0) context.header("x-onestep-ignored-fields", names.join(", "));
}

/** A proxy that sees nothing for a minute may close a connection. */
const keepAlive = 15_000;

function sendEvents(
  context: Context,
  events: ReadableStream<ImageEvent>,
  { endpoint, format }: { readonly endpoint: ImageEndpoint; readonly format: string },
): Response {
  const prefix = endpoint === "/v1/images/generations" ? "image_generation" : "image_edit";
  context.header("x-accel-buffering", "no");
  return streamSSE(context, async (stream) => {
    const timer = setInterval(() => void stream.write(": keep-alive\n\n"), keepAlive);
    const reader = events.getReader();
    stream.onAbort(() => void reader.cancel().catch(() => undefined));
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        const { event, data } = toEvent(value, prefix, format);
        await stream.writeSSE({ event, data: JSON.stringify(data) });
      }
    } catch (error) {
      const shown = toApiError(error);
      await stream.writeSSE({ event: "error", data: JSON.stringify({ type: "error", ...shown.toBody() }) });
    } finally {
      clearInterval(timer);
    }
  });
}

function toEvent(
  event: ImageEvent,
  prefix: string,
  format: string,
): { readonly event: string; readonly data: object } {
  const common = {
    image_index: event.imageIndex,
    created_at: Math.floor(Date.now() / 1000),
    ...{ size: event.size, quality: "auto", background: "auto" },
  };
  if (event.kind === "partial") {
    const type = `${prefix}.partial_image`;
    const partial = { b64_json: event.base64, partial_image_index: event.previewIndex, output_format: "png" };
    return { event: type, data: { type, ...partial, ...common } };
  }
  const type = `${prefix}.completed`;
  return { event: type, data: { type, ...event.datum, ...common, output_format: format } };
}

/** Nobody reads it; logs and metrics count it. */
function clientGone(cause: unknown): ApiError {
  return new ApiError({ status: 499, code: "client_closed_request", message: "The client has gone.", cause });
}

function timedOut(cause: unknown): ApiError {
  const message = "The image was not ready within the time that the client gave.";
  return new ApiError({ status: 504, code: "request_timeout", message, shouldRetry: false, cause });
}

function expired(): ApiError {
  const message = "The image has expired. Ask for it again.";
  return new ApiError({ status: 404, code: "result_expired", message });
}
