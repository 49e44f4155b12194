import type { Command } from "./command.ts";
import { cacheClearCommand } from "./commands/cache-clear-command.ts";
import { cacheListCommand } from "./commands/cache-list-command.ts";
import { editColorizeCommand } from "./commands/edit-colorize-command.ts";
import { editDenoiseCommand } from "./commands/edit-denoise-command.ts";
import { editInpaintCommand } from "./commands/edit-inpaint-command.ts";
import { editInterpolateCommand } from "./commands/edit-interpolate-command.ts";
import { editStrokeCommand } from "./commands/edit-stroke-command.ts";
import { editUpscaleCommand } from "./commands/edit-upscale-command.ts";
import { generateCommand } from "./commands/generate-command.ts";
import { inspectCommand } from "./commands/inspect-command.ts";

/** Every command, in the order of the help text. */
export const commands: readonly Command[] = [
  generateCommand,
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
