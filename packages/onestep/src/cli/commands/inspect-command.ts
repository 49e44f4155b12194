import type { Command } from "../command.ts";
import { repositoryOptions } from "../shared-options.ts";

/** `onestep inspect`. */
export const inspectCommand: Command = {
  name: "inspect",
  summary: "Shows what a model is made of and what it takes to run",
  description: [
    "Reads configurations and the headers of weights files. It loads no weights, and of a model on the Hub it fetches the configurations alone.",
  ],
  positional: {
    name: "model",
    description:
      "A model on the Hub, a folder, the URL of a folder, or an original checkpoint in one file. Without it: the small model that ships",
  },
  options: repositoryOptions,
  examples: ["inspect", "inspect openai/diffusers-cd_imagenet64_l2 --json"],
  async run(invocation) {
    const { inspectModel } = await import("../inspect/inspect-model.ts");
    await inspectModel(invocation);
  },
};
