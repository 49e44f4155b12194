import { UnsupportedError } from "@onestep/core";
import type { Queue } from "bullmq";
import type { Env, Hono } from "hono";
import { dashboardPath } from "../http/keys.ts";
import { BullMQQueue } from "../queue/bullmq/bullmq-job-queue.ts";
import type { JobQueue } from "../queue/queue.ts";

/** Options of {@link queueDashboard}. */
export interface QueueDashboardOptions {
  /** The queue, from `openQueue`. */
  readonly queue: JobQueue;
  /** Reads the names of the models to show, such as those of the running workers. Called each time the dashboard reads. */
  readonly models: () => Promise<readonly string[]>;
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
 * Mounts bull-board at `/queues`: a dashboard of the jobs of each model, read-only and without prompts and images. On the app
 * of a service, it takes the keys of the service, in the form that browsers send.
 *
 * @example
 * const queue = await openQueue("postgres://queue.internal/onestep");
 * const handler = createFrontEnd({ queue, storage: await openStorage("s3://images") });
 * const models = async () => (await handler.workers.cards()).map(({ name }) => name);
 * await queueDashboard(handler.app, { queue, models });
 *
 * @throws UnsupportedError if `@bull-board/api` and `@bull-board/hono` are not installed, or `queue` is not on BullMQ.
 */
export async function queueDashboard<Vars extends Env>(
  app: Hono<Vars>,
  { queue, models }: QueueDashboardOptions,
): Promise<void> {
  if (!(queue instanceof BullMQQueue)) {
    throw new UnsupportedError({
      subject: "dashboard of the queue",
      found: "a queue that is not on BullMQ",
      expected: "one that openQueue has opened",
      remedy: "Pass the queue that openQueue returned, or start without the dashboard.",
    });
  }
  const [{ createBullBoard }, { BullMQAdapter }, { HonoAdapter }, { serveStatic }] = await loadBullBoard();
  const serverAdapter = new HonoAdapter(serveStatic);
  serverAdapter.setBasePath(dashboardPath);
  const board = createBullBoard({
    queues: [],
    serverAdapter,
    options: { uiConfig: { boardTitle: "Onestep queues", hideDocsLink: true, hideRedisDetails: true } },
  });
  const openAdapter = async (model: string): Promise<InstanceType<typeof BullMQAdapter>> => {
    // bull-board declares the queues of Redis alone, and takes the others too.
    const opened = (await queue.queueOf(model)) as unknown as Queue;
    const adapter = new BullMQAdapter(opened, { readOnlyMode: true, description: model });
    adapter.setFormatter("data", pickShown);
    adapter.setFormatter("returnValue", () => null);
    adapter.setFormatter("progress", () => 0);
    return adapter;
  };
  app.use(`${dashboardPath}/*`, async (context, next) => {
    if (context.req.method !== "GET" && context.req.method !== "HEAD") {
      const message = "The dashboard is for looking only.";
      const error = { message, type: "invalid_request_error", param: null, code: "read_only" };
      return context.json({ error }, 405, { Allow: "GET, HEAD" });
    }
    if (context.req.path.startsWith(`${dashboardPath}/api/`)) {
      const adapters = models().then(async (names) => await Promise.all(names.map(openAdapter)));
      board.replaceQueues(await adapters);
    }
    await next();
    context.header("Content-Security-Policy", policy);
    context.header("X-Content-Type-Options", "nosniff");
    context.header("Referrer-Policy", "no-referrer");
    return undefined;
  });
  app.route(dashboardPath, serverAdapter.registerPlugin());
}

/** Imports the optional packages when a dashboard is mounted. */
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
        remedy: "Run `npm install @bull-board/api @bull-board/hono` to have it.",
        summary: "There is no dashboard of the queue at /queues: bull-board is not installed.",
      },
      { cause },
    );
  }
}

function pickShown(data: unknown): Record<string, unknown> {
  const job = Object(data) as Record<string, unknown>;
  return Object.fromEntries(shownFields.flatMap((name) => (name in job ? [[name, job[name]]] : [])));
}
