import { nearestName } from "@onestep/core/internal/nearest-name";
import { UsageError } from "./arguments/parse-arguments.ts";
import type { Command } from "./command.ts";
import { cacheClearCommand } from "./commands/cache-clear.ts";
import { cacheListCommand } from "./commands/cache-list.ts";
import { editColorizeCommand } from "./commands/edit-colorize.ts";
import { editDenoiseCommand } from "./commands/edit-denoise.ts";
import { editImg2ImgCommand } from "./commands/edit-img2img.ts";
import { editInpaintCommand } from "./commands/edit-inpaint.ts";
import { editInterpolateCommand } from "./commands/edit-interpolate.ts";
import { editStrokeCommand } from "./commands/edit-stroke.ts";
import { editUpscaleCommand } from "./commands/edit-upscale.ts";
import { generateCommand } from "./commands/generate.ts";
import { inspectCommand } from "./commands/inspect.ts";

/** Every command, in the order of the help text. */
export const commands: readonly Command[] = [
  generateCommand,
  editImg2ImgCommand,
  editInpaintCommand,
  editColorizeCommand,
  editUpscaleCommand,
  editStrokeCommand,
  editDenoiseCommand,
  editInterpolateCommand,
  inspectCommand,
  cacheListCommand,
  cacheClearCommand,
];

/** A command and its arguments. */
export interface ResolvedCommand {
  readonly command: Command;
  readonly rest: readonly string[];
}

/**
 * Finds the command at the start of a command line.
 *
 * @throws UsageError if it does not start with a command; the message suggests one.
 */
export function resolveCommand(words: readonly string[], commands: readonly Command[]): ResolvedCommand {
  const command = commands.find(({ name }) => name.split(" ").every((word, index) => words[index] === word));
  if (command !== undefined) return { command, rest: words.slice(command.name.split(" ").length) };
  const [first = "", second] = words;
  if (first.startsWith("-")) throw new UsageError(`There is no option ${first} before a command.`);
  const group = commands.filter(({ name }) => name.startsWith(`${first} `)).map(({ name }) => name);
  if (group.length > 0 && (second === undefined || second.startsWith("-"))) {
    throw new UsageError(`\`onestep ${first}\` needs a subcommand: ${list(group)}.`);
  }
  const typed = group.length > 0 ? `${first} ${second}` : first;
  const names = group.length > 0 ? group : [...new Set(commands.map(({ name }) => name.split(" ")[0] ?? ""))];
  const nearest = nearestName(typed, names);
  const hint =
    nearest === undefined ? `The commands are ${list(names)}.` : `Did you mean \`onestep ${nearest}\`?`;
  throw new UsageError(`There is no command ${JSON.stringify(typed)}. ${hint}`);
}

function list(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(", ");
}
