import type { Command } from "../command.ts";
import {
  batchSizeOption,
  editOptions,
  editStepOptions,
  imagePositional,
  resizeModeOption,
} from "../edit/edit-options.ts";

/** `onestep edit colorize`. */
export const editColorizeCommand: Command = {
  name: "edit colorize",
  summary: "Gives a grey image colours",
  description: [
    "The brightness of every pixel is kept. Of images that have colours the brightness alone counts.",
  ],
  positional: imagePositional,
  options: [batchSizeOption, resizeModeOption, ...editStepOptions, ...editOptions],
  examples: ["edit colorize grey.png --class-label butterfly --seed 0,1,2,3 --grid 2 --out colours.png"],
  async run(invocation) {
    const [{ editImages }, { colorize }] = await Promise.all([
      import("../edit/edit-images.ts"),
      import("../edit/colorize.ts"),
    ]);
    await editImages(invocation, colorize);
  },
};
