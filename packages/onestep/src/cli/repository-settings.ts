import type { OpenRepositoryOptions } from "@onestep/hub";
import type { Invocation } from "./command.ts";
import { readSingleFileSettings, type SingleFileSettings } from "./single-file-options.ts";

/** How to reach a model, from the options that say so. */
export interface RepositorySettings extends OpenRepositoryOptions, SingleFileSettings {
  readonly variant: string | undefined;
  readonly stateDictKey: string | undefined;
}

/** Reads the options that `repositoryOptions` defines. @throws UsageError */
export function readRepositorySettings({
  arguments: parsed,
  output,
  system,
  signal,
}: Invocation): RepositorySettings {
  return {
    revision: parsed.text("revision"),
    variant: parsed.text("variant"),
    stateDictKey: parsed.text("state-dict-key"),
    ...readSingleFileSettings(parsed),
    cacheDir: parsed.text("cache-dir"),
    token: parsed.text("token"),
    endpoint: parsed.text("endpoint"),
    localFilesOnly: parsed.has("local-files-only"),
    environment: system.environment,
    onProgress: (event) => output.progress.show(event),
    signal,
  };
}
