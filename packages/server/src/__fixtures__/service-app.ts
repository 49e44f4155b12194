import { OpenAPIHono } from "@hono/zod-openapi";
import OpenAI from "openai";
import { ApiError } from "../http/api-error.ts";
import type { ServiceApp } from "../http/app.ts";

/** An app whose caller names itself in the header `x-owner`. */
export function createTestApp(addRoutes: (app: ServiceApp) => void): ServiceApp {
  const app: ServiceApp = new OpenAPIHono();
  app.use(async (context, next) => {
    context.set("owner", context.req.header("x-owner") ?? "somebody");
    context.set("requestId", "req_test");
    context.set("signal", context.req.raw.signal);
    await next();
  });
  app.onError((error, context) => {
    const shown =
      error instanceof ApiError ? error : new ApiError({ status: 500, code: "bug", message: String(error) });
    return context.json(shown.toBody(), shown.status as 400, shown.toHeaders());
  });
  addRoutes(app);
  return app;
}

/** OpenAI's client of an app of {@link createTestApp}. */
export function clientOf(app: () => ServiceApp, owner = "me"): OpenAI {
  return new OpenAI({
    ...{ apiKey: "key", baseURL: "http://service.test/v1", maxRetries: 0 },
    defaultHeaders: { "x-owner": owner },
    fetch: async (url, init) => app().fetch(new Request(url as string, init)),
  });
}

/** A stream of bytes, in pieces of a size. */
export function streamOf(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let start = 0;
  return new ReadableStream({
    pull(controller) {
      if (start >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(start, start + size));
      start += size;
    },
  });
}
