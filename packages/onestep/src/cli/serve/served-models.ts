import { basename } from "node:path";
import type { LoadPipelineOptions } from "@onestep/pipelines";
import type { Device } from "@onestep/runtime";
import type { ServedModel } from "@onestep/server";
import { UsageError } from "../arguments/parse-arguments.ts";
import { parseCount } from "../arguments/parse-values.ts";
import { readRepositorySettings, shippedModel } from "../arguments/repository-options.ts";
import type { Invocation } from "../command.ts";
import type { ServiceSettings } from "./service-settings.ts";

/**
 * The models that a command line names, by the names under which they are served: as on the Hub, or a folder's name.
 *
 * @param named - In place of the command's positional arguments.
 * @throws UsageError if two have the same name, or an adapter is for a model that is not served.
 */
export function readServedModels(
  invocation: Invocation,
  settings: ServiceSettings,
  named: readonly string[] = invocation.arguments.positionals,
): Readonly<Record<string, ServedModel>> {
  const threads = settings.text("threads");
  const { revision, variant, cacheDir, token, endpoint, localFilesOnly, environment, onProgress } =
    readRepositorySettings(invocation);
  const options: LoadPipelineOptions = {
    ...{ revision, variant, cacheDir, token, endpoint, localFilesOnly, environment, onProgress },
    device: settings.text("device") as Device | undefined,
    threads: threads === undefined ? undefined : parseCount("threads", threads),
  };
  const sources = named.length === 0 ? [undefined] : named;
  const models = new Map<string, ServedModel>();
  const adapters = readAdapters(settings);
  for (const [index, source] of sources.entries()) {
    const name = source === undefined ? shippedModel : servedName(source);
    if (models.has(name)) throw new UsageError(`Two models are named ${name}. Serve one of them.`);
    const own = adapters.filter(({ model }) => model === name || (model === undefined && index === 0));
    models.set(name, {
      source: source === shippedModel ? undefined : source,
      options,
      adapters: Object.fromEntries(own.map((one) => [one.name, one.source])),
    });
  }
  const lost = adapters.find(({ model }) => model !== undefined && !models.has(model));
  if (lost !== undefined) {
    throw new UsageError(`--lora: ${lost.model} is not served; served are ${[...models.keys()].join(", ")}.`);
  }
  return Object.fromEntries(models);
}

/** The name of a model: `owner/name` stays; of a folder or URL, it is the last part. */
export function servedName(source: string): string {
  if (/^[\w.-]+\/[\w.-]+$/.test(source) && !source.startsWith(".")) return source;
  return basename(source.replace(/[/\\]+$/, "")) || source;
}

interface NamedAdapter {
  readonly name: string;
  readonly model: string | undefined;
  readonly source: string;
}

function readAdapters(settings: ServiceSettings): readonly NamedAdapter[] {
  return Object.entries(settings.pairs("lora")).map(([key, source]) => {
    const [name = "", model] = key.split("@");
    if (/^[\w.-]{1,64}$/.test(name)) return { name, model, source };
    throw new UsageError(
      `--lora: found the name ${JSON.stringify(name)}, expected letters, digits, -, . and _.`,
    );
  });
}
