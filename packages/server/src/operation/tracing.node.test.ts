import { context, propagation, type Span, type SpanOptions, type Tracer, trace } from "@opentelemetry/api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startService } from "../http/__fixtures__/start-service.ts";

interface Recorded {
  name: string;
  attributes: Record<string, unknown>;
  ended: boolean;
}

let spans: Recorded[];

/** What an SDK registers, as far as it is used. */
function recordSpans(): void {
  const start = (name: string, { attributes = {} }: SpanOptions = {}): Span => {
    const recorded: Recorded = { name, attributes: { ...attributes }, ended: false };
    spans.push(recorded);
    return {
      updateName: (other: string) => {
        recorded.name = other;
      },
      setAttributes: (more: object) => Object.assign(recorded.attributes, more),
      setStatus: () => undefined,
      end: () => {
        recorded.ended = true;
      },
    } as unknown as Span;
  };
  const tracer = {
    startSpan: start,
    startActiveSpan: (name: string, options: SpanOptions, _parent: unknown, run: (span: Span) => unknown) =>
      run(start(name, options)),
  } as unknown as Tracer;
  trace.setGlobalTracerProvider({ getTracer: () => tracer });
}

beforeEach(() => {
  spans = [];
  recordSpans();
});

afterEach(() => {
  trace.disable();
  context.disable();
  propagation.disable();
});

describe("OpenTelemetry, where the host has set it up,", () => {
  it("gets a span of each request and run, without the prompt", async () => {
    const service = await startService();
    try {
      await service.post("/v1/images/generations", { prompt: "fox", seed: 1 });
      await new Promise((resolve) => setTimeout(resolve, 10));
      expect(spans).toMatchObject([
        {
          name: "POST /v1/images/generations",
          attributes: { "http.route": "/v1/images/generations", "http.response.status_code": 200 },
          ended: true,
        },
        {
          name: "generate_content @onestep/emoji32",
          attributes: {
            "gen_ai.request.model": "@onestep/emoji32",
            "onestep.batch_size": 1,
            "onestep.outcome": "completed",
          },
          ended: true,
        },
      ]);
      expect(JSON.stringify(spans)).not.toContain("fox");
    } finally {
      await service.close();
    }
  });
});
