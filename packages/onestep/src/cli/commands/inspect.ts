import { readRepositorySettings, repositoryOptions } from "../arguments/repository-options.ts";
import type { Command } from "../command.ts";

/** `onestep inspect`. */
export const inspectCommand: Command = {
  name: "inspect",
  summary: "Show what a model is made of and what it takes to run",
  description: [
    "Reads configurations and the headers of weights files. It loads no weights, and of a model on the Hub it fetches only the configurations and the list of files.",
  ],
  positionals: [
    {
      name: "model",
      description:
        "A model on the Hub, a folder, the URL of a folder, or an original checkpoint in one file. Without it: the included model",
    },
  ],
  options: repositoryOptions,
  examples: ["inspect", "inspect openai/diffusers-cd_imagenet64_l2 --json"],
  async run(invocation) {
    const { arguments: parsed, output } = invocation;
    const [{ readModelReport }, { formatModelReport }] = await Promise.all([
      import("../inspect/read-model-report.ts"),
      import("../inspect/model-report.ts"),
    ]);
    const report = await readModelReport(parsed.positionals[0], readRepositorySettings(invocation));
    output.result({ lines: formatModelReport(report, output.columns), document: report });
  },
};
