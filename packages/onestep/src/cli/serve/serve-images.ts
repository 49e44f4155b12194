import { isIPv4, isIPv6 } from "node:net";
import { homedir, totalmem } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Environment } from "@onestep/hub";
import { createHandler, defaultLimits, type HandlerOptions, type ServiceLimits } from "@onestep/server";
import { Metrics, openLocalState, startExpiry, startServer } from "@onestep/server/node";
import { UsageError } from "../arguments/parse-arguments.ts";
import type { Invocation } from "../command.ts";
import { formatDuration } from "../output/text.ts";
import { readApiKeys } from "./api-keys.ts";
import { RequestLog } from "./request-log.ts";
import { readServedModels } from "./served-models.ts";
import type { ServiceSettings } from "./service-settings.ts";

/** `onestep serve` on one machine: loads the models, then answers requests until it is told to stop. */
export async function serveImages(invocation: Invocation, settings: ServiceSettings): Promise<void> {
  const { output, signal } = invocation;
  const address = readAddress(settings);
  const common = await readHandlerOptions(invocation, settings, address);
  const models = readServedModels(invocation, settings);
  const state = await openLocalState(readStorage(settings, invocation.system.environment, address.port));
  const { queue, storage } = state;
  const metrics = new Metrics({ queue, models: async () => Object.keys(models) });
  const log = openLog(invocation, settings);
  const handler = createHandler({
    ...common,
    ...{ models, queue, storage, maxBatch: readMaxBatch(settings) },
    memoryBudget: readMemoryBudget(settings),
    readMemory: () => process.memoryUsage.rss(),
    onLoad(event) {
      metrics.onLoad(event);
      const { name, secondsPerImage, bestBatch } = event.card;
      const batches = bestBatch === 1 ? "" : `, ${bestBatch} in a run`;
      output.note(
        `${name}: loaded in ${formatDuration(event.seconds * 1000)}, ${formatDuration(secondsPerImage * 1000)} an image${batches}`,
      );
    },
    onRun(report) {
      metrics.onRun(report);
      log.onRun(report);
    },
    onRequest(report) {
      metrics.onRequest(report);
      log.onRequest(report);
    },
    onWait: (model, seconds) => metrics.observeWait(model, seconds),
    addRoutes: (app) =>
      app.get("/metrics", async (context) =>
        context.text(await metrics.read(), 200, { "content-type": metrics.contentType }),
      ),
  });
  const stopExpiry = startExpiry(storage, (error) =>
    output.warn(`What has expired cannot be deleted: ${String(error)}`),
  );
  try {
    output.progress.showTask("Loading");
    await handler.prepare(signal);
    output.progress.clear();
    const server = await startServer(handler, address);
    announce(invocation, server.url, Object.keys(models));
    await untilAborted(signal);
    output.note("Stopping: requests that are being answered are finished.");
    handler.drain();
    await server.close(readShutdown(settings));
  } finally {
    stopExpiry();
    await handler.close();
    await state.close();
  }
}

/** Where a service listens. */
interface Address {
  readonly host: string;
  readonly port: number;
}

function readAddress(settings: ServiceSettings): Address {
  const host = settings.text("host") ?? "127.0.0.1";
  return { host, port: settings.count("port", { least: 0, most: 65_535 }) ?? 8000 };
}

/** What a front end and a service on one machine have in common. */
async function readHandlerOptions(
  { system }: Invocation,
  settings: ServiceSettings,
  { host }: Address,
): Promise<Omit<HandlerOptions, "models">> {
  const keys = await readApiKeys(settings, system.environment);
  const isLocal = isLoopback(host);
  if (!isLocal && keys.length === 0 && !settings.isOn("no-auth")) {
    throw new UsageError(
      `--host: ${host} can be reached from other machines, and there are no API keys. Pass --api-keys-file, or --no-auth to let everybody in.`,
    );
  }
  const ownHosts = isLocal ? ["localhost", "127.0.0.1", "[::1]", host] : undefined;
  const named = settings.texts("allowed-host").map((name) => name.toLowerCase());
  return {
    keys,
    aliases: settings.pairs("alias"),
    limits: readLimits(settings),
    strict: settings.isOn("strict"),
    allowedHosts: ownHosts === undefined && named.length === 0 ? undefined : [...(ownHosts ?? []), ...named],
    corsOrigins: readOrigins(settings),
    publicUrl: readPublicUrl(settings),
  };
}

function isLoopback(host: string): boolean {
  if (isIPv4(host)) return host.startsWith("127.");
  return isIPv6(host) ? /^(0*:)*0*1$/.test(host) : host === "localhost";
}

function readLimits(settings: ServiceSettings): ServiceLimits {
  return {
    ...defaultLimits,
    images: settings.count("max-images", { least: 1, most: 1000 }) ?? defaultLimits.images,
    queueSeconds:
      settings.number("max-queue-seconds", { least: 0, most: 86_400 }) ?? defaultLimits.queueSeconds,
    requestsPerKey:
      settings.count("max-requests-per-key", { least: 1, most: 100_000 }) ?? defaultLimits.requestsPerKey,
  };
}

function readOrigins(settings: ServiceSettings): readonly string[] {
  return settings.texts("cors-origin").map((origin) => {
    if (URL.canParse(origin) && new URL(origin).origin === origin) return origin;
    throw new UsageError(
      `--cors-origin: found ${JSON.stringify(origin)}, expected an origin like https://app.example.com, without a path or *.`,
    );
  });
}

function readPublicUrl(settings: ServiceSettings): string | undefined {
  const url = settings.text("public-url");
  if (url === undefined || (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol))) return url;
  throw new UsageError(
    `--public-url: found ${JSON.stringify(url)}, expected https://images.example.com or the like.`,
  );
}

function readMaxBatch(settings: ServiceSettings): number | "auto" {
  return settings.text("max-batch") === "auto"
    ? "auto"
    : (settings.count("max-batch", { least: 1, most: 256 }) ?? "auto");
}

function readMemoryBudget(settings: ServiceSettings): number {
  const gigabytes = settings.number("memory", { least: 0.1, most: 100_000 });
  return gigabytes === undefined ? 0.75 * totalmem() : gigabytes * 1e9;
}

function readShutdown(settings: ServiceSettings): number {
  return settings.number("shutdown-seconds", { least: 0, most: 3600 }) ?? 25;
}

/** Services on different ports keep different files. */
function readStorage(settings: ServiceSettings, environment: Environment, port: number): string {
  const location = settings.text("storage");
  if (location === undefined) {
    const state = environment["XDG_STATE_HOME"] || join(homedir(), ".local", "state");
    return join(state, "onestep", `serve-${port}`);
  }
  if (!location.startsWith("s3://")) return location;
  throw new UsageError(
    "--storage: a service without --queue keeps its files in a folder. Name one, or pass --queue.",
  );
}

function openLog({ system }: Invocation, settings: ServiceSettings): RequestLog {
  const format = settings.text("log-format") ?? (system.stderr.isTTY === true ? "text" : "json");
  if (format !== "text" && format !== "json")
    throw new UsageError(`--log-format: found ${JSON.stringify(format)}, expected text or json.`);
  return new RequestLog({ stream: system.stderr, format, hasPrompts: settings.isOn("log-prompts") });
}

function announce({ output }: Invocation, url: string, models: readonly string[]): void {
  output.result({
    lines: [`${models.join(", ")} on ${url} (API: ${url}/v1)`],
    document: { url, models },
  });
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await sleep(2 ** 30, undefined, { signal }).catch(() => undefined);
}
