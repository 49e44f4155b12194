import { OpenAPIHono } from "@hono/zod-openapi";
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
