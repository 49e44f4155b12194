import { OpenAPIHono } from "@hono/zod-openapi";
import { routePath } from "hono/route";
import { randomId } from "../ids.ts";
import type { ServiceLimits } from "../limits.ts";
import { Tracing } from "../operation/tracing.ts";
import type { ImageService } from "../service/image-service.ts";
import { toModelObject } from "../service/model-card.ts";
import type { ModelDirectory } from "../service/model-directory.ts";
import type { ImageStorage } from "../storage/storage.ts";
import { ApiError, toApiError } from "./api-error.ts";
import { describeImages } from "./describe-images.ts";
import { checkOrigin, corsHeaders, type GuardOptions, preflight } from "./guard.ts";
import { imageRoutes } from "./image-routes.ts";
import { type ApiKey, anonymous, identify } from "./keys.ts";
import { SignedUrls } from "./signed-urls.ts";

/** What handlers find in their context. */
export interface ServiceVariables {
  /** Whose request it is: the name of the API key. */
  readonly owner: string;
  readonly requestId: string;
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal;
}

/** A request that was answered, for logs and metrics. Nothing in it is the client's, but for the name of a key. */
export interface RequestReport {
  readonly requestId: string;
  readonly method: string;
  /** The route, not the path: `/v1/models/:id`. */
  readonly route: string;
  /** 499 if the client had left. */
  readonly status: number;
  readonly seconds: number;
  readonly owner: string;
  /** What went wrong, with its stack; for the log of the operator alone. */
  readonly error?: unknown;
}

/** Whether a service takes requests. */
export interface Readiness {
  readonly isReady: boolean;
  readonly reason?: string | undefined;
}

/** What an app is made of. */
export interface AppOptions extends GuardOptions {
  readonly images: ImageService;
  readonly directory: ModelDirectory;
  readonly storage: ImageStorage;
  readonly limits: ServiceLimits;
  /** Without keys, everybody may call. */
  readonly keys?: readonly ApiKey[] | undefined;
  /** The path that the service is mounted at. */
  readonly basePath?: string | undefined;
  /** The address that clients know the service by. */
  readonly publicUrl?: string | undefined;
  readonly readiness: () => Promise<Readiness>;
  /** Whether the service is about to end, and takes no more work. */
  readonly isDraining?: (() => boolean) | undefined;
  readonly onRequest?: ((report: RequestReport) => void) | undefined;
  readonly tracing?: Tracing | undefined;
  /** Adds routes behind the same guard. */
  readonly addRoutes?: ((app: ServiceApp) => void) | undefined;
}

/** The app of a service. */
export type ServiceApp = OpenAPIHono<{ Variables: ServiceVariables }>;

/** Paths that are open: they tell nothing of anybody's data. Pages are files with these endings. */
const openPaths: readonly RegExp[] = [
  /^\/(livez|readyz|status|openapi\.json)?$/,
  /^\/v1\/images\/content\//,
  /^\/(?!v1\/|queues\/)[\w/.-]+\.(html|js|css|svg|png|webp|ico|woff2|webmanifest)$/,
];

/** Makes the app of a service: every route behind one guard. */
export function createApp(options: AppOptions): ServiceApp {
  const { basePath = "", directory, limits, images, storage, keys = [] } = options;
  const root: ServiceApp = new OpenAPIHono();
  const app = basePath === "" ? root : root.basePath(basePath);
  const running = new Map<string, number>();
  const tracing = options.tracing ?? new Tracing();

  app.use(async (context, next) => {
    const { raw: request } = context.req;
    const startedAt = performance.now();
    const requestId = randomId("req");
    context.set("requestId", requestId);
    context.set("owner", "");
    context.set("signal", request.signal);
    await tracing.request(request, async () => {
      await next();
      return { route: routePath(context, -1), status: context.res.status };
    });
    context.res.headers.set("x-request-id", requestId);
    for (const [name, value] of Object.entries(corsHeaders(request, options)))
      context.res.headers.set(name, value);
    options.onRequest?.({
      ...{ requestId, method: request.method, route: routePath(context, -1), owner: context.get("owner") },
      status: context.get("signal").aborted ? 499 : context.res.status,
      seconds: (performance.now() - startedAt) / 1000,
      error: context.error,
    });
  });
  app.use(async (context, next) => {
    const { raw: request } = context.req;
    checkOrigin(request, options);
    if (request.method === "OPTIONS") return preflight(request, options);
    const path = context.req.path.slice(basePath.length);
    const owner = openPaths.some((route) => route.test(path))
      ? anonymous
      : await identify(request, path, keys);
    context.set("owner", owner);
    if (options.isDraining?.() === true) {
      context.header("connection", "close");
      if (request.method === "POST") throw shuttingDown();
    }
    return limitRequests(running, { owner, isLimited: request.method === "POST" }, limits, next);
  });
  root.onError((error, context) => {
    const shown = toApiError(error);
    return context.json(shown.toBody(), shown.status as 400, shown.toHeaders());
  });
  root.notFound((context) => {
    const error = new ApiError({
      status: 404,
      code: "not_found",
      message: `There is no ${context.req.method} ${context.req.path.slice(0, 200)} here.`,
    });
    return context.json(error.toBody(), 404, error.toHeaders());
  });

  app.get("/livez", (context) => context.text("ok"));
  app.get("/readyz", async (context) => {
    const { isReady, reason = "ready" } = await options.readiness();
    return context.text(reason, isReady ? 200 : 503);
  });
  app.get("/v1/models", async (context) => {
    const models = await directory.list();
    return context.json({
      object: "list",
      data: models.map(({ id, card }) => toModelObject(card, id, limits.pixels)),
    });
  });
  app.get("/v1/models/:id{.+}", async (context) => {
    const id = decodeURIComponent(context.req.param("id"));
    return context.json(toModelObject(await directory.find(id), id, limits.pixels));
  });
  imageRoutes(app, { images, storage, limits, urls: new SignedUrls(storage, options.publicUrl) });
  options.addRoutes?.(app);
  describeImages(app);
  app.doc31("/openapi.json", { openapi: "3.1.0", info: { title: "Onestep", version: "1" } });
  return root;
}

async function limitRequests(
  running: Map<string, number>,
  { owner, isLimited }: { readonly owner: string; readonly isLimited: boolean },
  { requestsPerKey }: ServiceLimits,
  next: () => Promise<void>,
): Promise<void> {
  if (!isLimited) return next();
  const count = running.get(owner) ?? 0;
  if (count >= requestsPerKey) {
    const message = `There are ${count} requests of this key already, the limit here. Wait for one to end.`;
    throw new ApiError({ status: 429, code: "too_many_requests", message, retryAfter: 1 });
  }
  running.set(owner, count + 1);
  try {
    await next();
  } finally {
    const left = (running.get(owner) ?? 1) - 1;
    if (left === 0) running.delete(owner);
    else running.set(owner, left);
  }
}

function shuttingDown(): ApiError {
  const message = "This instance is shutting down. Try again.";
  return new ApiError({ status: 503, code: "shutting_down", message, retryAfter: 1 });
}
