import { ConsistencyModelPipeline } from "@onestep/pipelines";
import OpenAI from "openai";
import { createHandler, type Handler, type HandlerOptions } from "../../create-handler.ts";
import { type RunningServer, startServer } from "../../start-server.ts";
import type { RunReport } from "../../worker/worker.ts";
import type { RequestReport } from "../app.ts";

/** The name under which the included model is served. */
export const model = "@onestep/emoji32";

/** A service that listens on a free port, and what to test it with. */
export interface TestService {
  readonly url: string;
  readonly pipe: ConsistencyModelPipeline;
  readonly handler: Handler;
  readonly server: RunningServer;
  readonly client: OpenAI;
  readonly requests: RequestReport[];
  readonly runs: RunReport[];
  /** Posts JSON, or text as it is. */
  post(path: string, body: unknown, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

/** Starts a service of the included model; every image in a run of its own, unless the options say otherwise. */
export async function startService(options: Partial<HandlerOptions> = {}): Promise<TestService> {
  const pipe = await ConsistencyModelPipeline.fromPretrained();
  const requests: RequestReport[] = [];
  const runs: RunReport[] = [];
  const handler = createHandler({
    ...{ models: { [model]: pipe }, maxBatch: 1 },
    onRequest: (report) => requests.push(report),
    onRun: (report) => runs.push(report),
    ...options,
  });
  await handler.prepare();
  const server = await startServer(handler, { port: 0 });
  const { url } = server;
  return {
    ...{ url, pipe, handler, server, requests, runs },
    client: new OpenAI({ baseURL: `${url}/v1`, apiKey: "unused-key-of-the-tests", maxRetries: 0 }),
    post: (path, body, init = {}) =>
      fetch(`${url}${path}`, {
        method: "POST",
        body: typeof body === "string" ? body : JSON.stringify(body),
        ...init,
        headers: {
          "content-type": "application/json",
          ...(init.headers as Record<string, string> | undefined),
        },
      }),
    async close() {
      await server.close(1);
      await handler.close();
      await pipe.dispose();
    },
  };
}

/** The PNG that `generate` makes. */
export async function generatePng(
  pipe: ConsistencyModelPipeline,
  options: Parameters<ConsistencyModelPipeline["generate"]>[0],
): Promise<Buffer> {
  const { images } = await pipe.generate(options as { readonly outputType?: "image" });
  return Buffer.from(await (images[0] as (typeof images)[number]).toPng());
}
