import { formatConfig, saveFile } from "@onestep/core/internal/files";
import { schedulerConfigName } from "./scheduler-config-name.ts";

/**
 * Writes a scheduler's config into a folder, byte for byte as diffusers' `save_pretrained` does. The folder is made
 * where there is none.
 *
 * @param directory - A path or a `file:` URL.
 * @throws FileWriteError where `directory` is a file, or cannot be written to.
 * @throws InvalidArgumentError where `directory` is no path.
 * @throws UnsupportedError in a browser.
 */
export async function saveSchedulerConfig(config: object, directory: string | URL): Promise<void> {
  await saveFile(directory, schedulerConfigName, formatConfig(config));
}
