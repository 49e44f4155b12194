import type { Command } from "../command.ts";
import { cacheDirOption } from "../shared-options.ts";

/** `onestep cache list`. */
export const cacheListCommand: Command = {
  name: "cache list",
  summary: "Lists the models in the cache",
  description: [
    "The cache is the one of Python's huggingface_hub: models that Python fetched are listed too.",
  ],
  options: [cacheDirOption],
  examples: ["cache list", "cache list --json"],
  async run(invocation) {
    const { listCache } = await import("../cache/list-cache.ts");
    await listCache(invocation);
  },
};
