import type { Command } from "../command.ts";
import { cacheDirOption } from "../shared-options.ts";

/** `onestep cache clear`. */
export const cacheClearCommand: Command = {
  name: "cache clear",
  summary: "Removes models from the cache",
  description: [
    "The cache is shared with Python: what is removed here, Python has to fetch again too. On a terminal it asks first; elsewhere --yes is needed.",
    "What interrupted work has left is removed with --leftovers, and when all models are removed: parts of files, of which the next download would take up the longest, and locks of processes that have ended. What a process is at work on stays.",
  ],
  positional: {
    name: "model",
    repeatable: true,
    description: "Models to remove, as `onestep cache list` names them. Without any: all of them",
  },
  options: [
    { name: "yes", short: "y", description: "Remove without asking" },
    { name: "leftovers", description: "Remove no models, only what interrupted work has left" },
    cacheDirOption,
  ],
  examples: ["cache clear openai/diffusers-cd_imagenet64_l2", "cache clear --yes", "cache clear --leftovers"],
  async run(invocation) {
    const { clearCache } = await import("../cache/clear-cache.ts");
    await clearCache(invocation);
  },
};
