import { readConfigRecord } from "@onestep/core/internal";
import { formatConfig } from "@onestep/core/internal/files";
import type { PushComponentOptions, UploadFile, UploadReport } from "@onestep/hub";
import { schedulerConfigName } from "./scheduler-config-name.ts";

/** The file of a scheduler's config, byte for byte as `savePretrained` writes it. */
export async function listSchedulerFiles(config: object): Promise<readonly UploadFile[]> {
  const text = formatConfig(config);
  // Loaded on first use, so that a browser bundle of schedulers alone does without it.
  const { bytesFile } = await import("@onestep/hub");
  return [bytesFile(schedulerConfigName, text)];
}

/**
 * Uploads a scheduler's config to the Hub, byte for byte as `savePretrained` writes it.
 *
 * @throws What `uploadFiles` of `@onestep/hub` throws.
 */
export async function pushSchedulerConfig(
  config: object,
  repositoryId: string,
  options: PushComponentOptions,
): Promise<UploadReport> {
  const files = await listSchedulerFiles(config);
  const { pushComponent } = await import("@onestep/hub");
  const className = readConfigRecord(config)?.className ?? "Scheduler";
  return pushComponent(repositoryId, { className, files }, options);
}
