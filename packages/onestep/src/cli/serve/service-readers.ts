import { isIPv4, isIPv6 } from "node:net";
import { homedir, totalmem } from "node:os";
import { join } from "node:path";
import type { Environment } from "@onestep/hub";
import { defaultLimits, type HandlerOptions, type ServiceLimits } from "@onestep/server";
import { UsageError } from "../arguments/parse-arguments.ts";
import type { Invocation } from "../command.ts";
import { readApiKeys } from "./api-keys.ts";
import { RequestLog } from "./request-log.ts";
import type { ServiceSettings } from "./service-settings.ts";

/** Where a service listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Reads `--host` and `--port`. @throws UsageError */
export function readAddress(settings: ServiceSettings): Address {
  const host = settings.text("host") ?? "127.0.0.1";
  return { host, port: settings.count("port", { least: 0, most: 65_535 }) ?? 8000 };
}

/** What a front end and a service on one machine have in common. */
export async function readHandlerOptions(
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

/** Reads `--max-batch`. @throws UsageError */
export function readMaxBatch(settings: ServiceSettings): number | "auto" {
  return settings.text("max-batch") === "auto"
    ? "auto"
    : (settings.count("max-batch", { least: 1, most: 256 }) ?? "auto");
}

/** Reads `--instances`. @throws UsageError */
export function readInstances(settings: ServiceSettings): number | "auto" {
  return settings.text("instances") === "auto"
    ? "auto"
    : (settings.count("instances", { least: 1, most: 64 }) ?? "auto");
}

/** Reads `--memory`, in bytes. @throws UsageError */
export function readMemoryBudget(settings: ServiceSettings): number {
  const gigabytes = settings.number("memory", { least: 0.1, most: 100_000 });
  return gigabytes === undefined ? 0.75 * totalmem() : gigabytes * 1e9;
}

/** Reads `--shutdown-seconds`. @throws UsageError */
export function readShutdown(settings: ServiceSettings): number {
  return settings.number("shutdown-seconds", { least: 0, most: 3600 }) ?? 25;
}

/**
 * Where a service on one machine keeps its files. Services on different ports keep different ones.
 *
 * @throws UsageError
 */
export function readStateFolder(settings: ServiceSettings, environment: Environment, port: number): string {
  const location = settings.text("storage");
  if (location === undefined) {
    return join(stateFolder(environment), `serve-${port}`);
  }
  if (!location.startsWith("s3://")) return location;
  throw new UsageError(
    "--storage: a service without --queue keeps its files in a folder. Name one, or pass --queue.",
  );
}

/** Opens the log of requests and runs. @throws UsageError */
export function openLog({ system }: Invocation, settings: ServiceSettings): RequestLog {
  const format = settings.text("log-format") ?? (system.stderr.isTTY === true ? "text" : "json");
  if (format !== "text" && format !== "json")
    throw new UsageError(`--log-format: found ${JSON.stringify(format)}, expected text or json.`);
  return new RequestLog({ stream: system.stderr, format, hasPrompts: settings.isOn("log-prompts") });
}

/** The storage that front ends and workers share; a folder of this machine by default. @throws UsageError */
export function readSharedStorage(settings: ServiceSettings, environment: Environment): string {
  return settings.text("storage") ?? join(stateFolder(environment), "shared");
}

function stateFolder(environment: Environment): string {
  return join(environment["XDG_STATE_HOME"] || join(homedir(), ".local", "state"), "onestep");
}
