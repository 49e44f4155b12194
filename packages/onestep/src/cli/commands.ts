import type { Command } from "./command.ts";
import { cacheClearCommand } from "./commands/cache-clear-command.ts";
import { cacheListCommand } from "./commands/cache-list-command.ts";
import { generateCommand } from "./commands/generate-command.ts";
import { inspectCommand } from "./commands/inspect-command.ts";

/** Every command, in the order of the help text. */
export const commands: readonly Command[] = [
  generateCommand,
  inspectCommand,
  cacheListCommand,
  cacheClearCommand,
];
