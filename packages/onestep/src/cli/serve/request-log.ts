import type { ImageJob, RequestReport, RunReport } from "@onestep/server";
import { formatDuration } from "../output/text.ts";
import type { OutputStream } from "../system.ts";

/** Options of {@link RequestLog}. */
export interface RequestLogOptions {
  readonly stream: OutputStream;
  readonly format: "text" | "json";
  /** Whether prompts are written. */
  readonly hasPrompts: boolean;
}

/** Paths that are asked for all the time, by machines. */
const quietRoutes: readonly string[] = ["/livez", "/readyz", "/metrics", "/status.json"];

/** Writes one line for each request and run: never keys, images or addresses; prompts only if asked. */
export class RequestLog {
  readonly #options: RequestLogOptions;

  constructor(options: RequestLogOptions) {
    this.#options = options;
  }

  /** Writes a request. */
  readonly onRequest = ({ requestId, method, route, status, seconds, owner, error }: RequestReport): void => {
    if (quietRoutes.includes(route) && status < 500) return;
    const failure = status >= 500 && error instanceof Error ? describe(error) : undefined;
    const line = `${status} ${method} ${route} ${formatDuration(seconds * 1000)} ${owner} ${requestId}`;
    this.#write(failure === undefined ? line : `${line}\n${failure}`, {
      ...{
        event: "request",
        requestId,
        method,
        route,
        status,
        owner,
        milliseconds: Math.round(seconds * 1000),
      },
      ...(failure === undefined ? {} : { error: failure }),
    });
  };

  /** Writes the start of a run, for machines: which jobs a worker was at when it died. */
  readonly onStart = (jobs: readonly ImageJob[]): void => {
    if (this.#options.format !== "json") return;
    this.#write("", { event: "start", model: jobs[0]?.model, jobs: jobs.map(({ id }) => id) });
  };

  /** Writes a run. */
  readonly onRun = ({ model, jobs, seconds, outcome, lost, error }: RunReport): void => {
    const failure = error instanceof Error ? describe(error) : undefined;
    const prompts = this.#options.hasPrompts
      ? jobs.map(({ settings }) => settings.prompt ?? null)
      : undefined;
    const line = `${outcome} ${model} ${jobs.length} image${jobs.length === 1 ? "" : "s"} ${formatDuration(seconds * 1000)}`;
    const extra = [prompts === undefined ? undefined : JSON.stringify(prompts), failure].filter(
      (part) => part !== undefined,
    );
    this.#write([line, ...extra].join("\n"), {
      ...{
        event: "run",
        model,
        outcome,
        images: jobs.length,
        jobs: jobs.map(({ id }) => id),
        lost,
        milliseconds: Math.round(seconds * 1000),
      },
      ...(prompts === undefined ? {} : { prompts }),
      ...(failure === undefined ? {} : { error: failure }),
    });
  };

  #write(text: string, entry: object): void {
    const time = new Date().toISOString();
    const { stream, format } = this.#options;
    stream.write(
      format === "json" ? `${JSON.stringify({ time, ...entry })}\n` : `${time.slice(11, 19)} ${text}\n`,
    );
  }
}

function describe(error: Error): string {
  const { cause } = error;
  const stack = error.stack ?? error.message;
  return cause instanceof Error ? `${stack}\ncaused by ${describe(cause)}` : stack;
}
