import type { OpenRepositoryOptions } from "@onestep/hub";
import type { Invocation } from "./command.ts";

/** How to reach a model, from the options that say so. */
export interface RepositorySettings extends OpenRepositoryOptions {
  readonly variant: string | undefined;
}

/** Reads the options that `repositoryOptions` defines. */
export function readRepositorySettings({
  arguments: parsed,
  output,
  system,
  signal,
}: Invocation): RepositorySettings {
  return {
    revision: parsed.text("revision"),
    variant: parsed.text("variant"),
    cacheDir: parsed.text("cache-dir"),
    token: parsed.text("token"),
    endpoint: parsed.text("endpoint"),
    localFilesOnly: parsed.has("local-files-only"),
    environment: system.environment,
    onProgress: (event) => output.progress.show(event),
    signal,
  };
}
