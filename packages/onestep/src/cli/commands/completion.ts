import { invalidChoice, UsageError } from "../arguments/parse-arguments.ts";
import type { Command } from "../command.ts";

const shells = ["bash", "zsh", "fish"] as const;

/** `onestep completion`. */
export const completionCommand: Command = {
  name: "completion",
  summary: "Write a completion script for bash, zsh or fish",
  description: [
    "With it, the Tab key completes commands, options, the values of options that have a list, and files.",
    'bash: add eval "$(onestep completion bash)" to ~/.bashrc. zsh: write it to a file _onestep in a folder of $fpath. fish: write it to ~/.config/fish/completions/onestep.fish.',
  ],
  positionals: [{ name: "shell", required: true, completes: shells, description: "bash, zsh or fish" }],
  options: [],
  examples: ["completion bash", "completion fish > ~/.config/fish/completions/onestep.fish"],
  async run({ arguments: parsed, output, name, table }) {
    const [word] = parsed.positionals;
    if (word === undefined) throw new UsageError(`A shell is missing: ${shells.join(", ")}.`);
    const shell = shells.find((one) => one === word);
    if (shell === undefined) throw invalidChoice("the shell", word, shells, name);
    const [{ formatCompletion }, { schedulerClasses }] = await Promise.all([
      import("../completion.ts"),
      import("@onestep/schedulers"),
    ]);
    const choices = { scheduler: schedulerClasses.map(({ className }) => className) };
    const script = formatCompletion(shell, table, choices);
    output.result({ lines: script.split("\n"), document: { shell, script } });
  },
};
