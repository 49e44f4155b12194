import type { Span, Tracer } from "@opentelemetry/api";
import type { RunReport } from "../worker/worker.ts";

type OpenTelemetry = typeof import("@opentelemetry/api");

const name = "@onestep/server";

/**
 * Spans of OpenTelemetry, if the host program has set it up: without `@opentelemetry/api`, or without an SDK behind it, nothing
 * happens. Attributes are those of the conventions for HTTP and generative models; never prompts.
 */
export class Tracing {
  readonly #loaded: Promise<{ readonly api: OpenTelemetry; readonly tracer: Tracer } | undefined>;

  constructor() {
    this.#loaded = import("@opentelemetry/api").then(
      (api) => ({ api, tracer: api.trace.getTracer(name) }),
      () => undefined,
    );
  }

  /** Answers a request inside a span, a child of that of the client if it sends one. */
  async request(
    request: Request,
    answer: () => Promise<{ readonly route: string; readonly status: number }>,
  ): Promise<void> {
    const loaded = await this.#loaded;
    if (loaded === undefined) {
      await answer();
      return;
    }
    const { api, tracer } = loaded;
    const parent = api.propagation.extract(api.context.active(), Object.fromEntries(request.headers));
    const options = { kind: api.SpanKind.SERVER, attributes: { "http.request.method": request.method } };
    await tracer.startActiveSpan(request.method, options, parent, async (span: Span) => {
      try {
        const { route, status } = await answer();
        span.updateName(`${request.method} ${route}`);
        span.setAttributes({ "http.route": route, "http.response.status_code": status });
        if (status >= 500) span.setStatus({ code: api.SpanStatusCode.ERROR });
      } finally {
        span.end();
      }
    });
  }

  /** Records a run that has ended. */
  readonly onRun = ({ model, jobs, seconds, outcome, error }: RunReport): void => {
    const end = Date.now();
    void this.#loaded.then((loaded) => {
      if (loaded === undefined) return;
      const { api, tracer } = loaded;
      const span = tracer.startSpan(`generate_content ${model}`, {
        startTime: end - seconds * 1000,
        attributes: {
          "gen_ai.operation.name": "generate_content",
          "gen_ai.provider.name": "onestep",
          "gen_ai.request.model": model,
          "onestep.batch_size": jobs.length,
          "onestep.outcome": outcome,
          ...(error instanceof Error ? { "error.type": error.name } : {}),
        },
      });
      if (outcome === "failed") span.setStatus({ code: api.SpanStatusCode.ERROR });
      span.end(end);
    });
  };
}
