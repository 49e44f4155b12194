import { UnsupportedError } from "@onestep/core";
import type { Queue } from "bullmq";
import type { Env, Hono } from "hono";

/** Options of {@link queueDashboard}. */
export interface QueueDashboardOptions {
  /** Where the dashboard is; `/queues` by default. */
  readonly path?: string | undefined;
}

/** The dashboard has styles in its page, and refers to fonts of another host, which are not loaded. */
const policy = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** What the dashboard shows of a job: nothing of what was asked for. */
const shownFields = ["id", "format", "model", "task", "priority", "cost", "group", "durable"] as const;

/**
 * Mounts bull-board, a dashboard for BullMQ, to look at and not to change anything. Whoever mounts it guards it with the keys
 * of the service.
 *
 * @throws UnsupportedError if `@bull-board/api` and `@bull-board/hono` are not installed.
 */
export async function queueDashboard<Vars extends Env>(
  app: Hono<Vars>,
  queues: readonly Queue[],
  { path = "/queues" }: QueueDashboardOptions = {},
): Promise<void> {
  const [{ createBullBoard }, { BullMQAdapter }, { HonoAdapter }, { serveStatic }] = await loadBullBoard();
  const serverAdapter = new HonoAdapter(serveStatic);
  serverAdapter.setBasePath(path);
  const adapters = queues.map((queue) => {
    const adapter = new BullMQAdapter(queue, { readOnlyMode: true });
    adapter.setFormatter("data", pickShown);
    adapter.setFormatter("returnValue", () => null);
    adapter.setFormatter("progress", () => 0);
    return adapter;
  });
  createBullBoard({
    queues: adapters,
    serverAdapter,
    options: { uiConfig: { boardTitle: "Onestep queues", hideDocsLink: true, hideRedisDetails: true } },
  });
  app.use(`${path}/*`, async (context, next) => {
    if (context.req.method !== "GET" && context.req.method !== "HEAD") {
      const message = "The dashboard is for looking only.";
      const error = { message, type: "invalid_request_error", param: null, code: "read_only" };
      return context.json({ error }, 405, { Allow: "GET, HEAD" });
    }
    await next();
    context.header("Content-Security-Policy", policy);
    context.header("X-Content-Type-Options", "nosniff");
    context.header("Referrer-Policy", "no-referrer");
    return undefined;
  });
  app.route(path, serverAdapter.registerPlugin());
}

/** Imports the optional packages when a dashboard is wanted. */
async function loadBullBoard() {
  try {
    return await Promise.all([
      import("@bull-board/api"),
      import("@bull-board/api/bullMQAdapter"),
      import("@bull-board/hono"),
      import("@hono/node-server/serve-static"),
    ]);
  } catch (cause) {
    throw new UnsupportedError(
      {
        subject: "dashboard of the queue",
        found: "no bull-board",
        expected: "@bull-board/api and @bull-board/hono",
        remedy: "Run `npm install @bull-board/api @bull-board/hono`, or start without the dashboard.",
      },
      { cause },
    );
  }
}

function pickShown(data: unknown): Record<string, unknown> {
  const job = Object(data) as Record<string, unknown>;
  return Object.fromEntries(shownFields.flatMap((name) => (name in job ? [[name, job[name]]] : [])));
}
