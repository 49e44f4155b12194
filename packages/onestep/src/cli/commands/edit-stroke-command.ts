import type { Command } from "../command.ts";
import {
  batchSizeOption,
  editOptions,
  editStepOptions,
  imagePositional,
  resizeModeOption,
} from "../edit/edit-options.ts";

/** `onestep edit stroke`. */
export const editStrokeCommand: Command = {
  name: "edit stroke",
  summary: "Makes an image of strokes, or of any other image",
  description: ["Noise hides the detail of the image, and the model makes new detail under it (SDEdit)."],
  positional: imagePositional,
  options: [
    {
      name: "strength",
      value: "number",
      description: "How far the result may go from the image, above 0 to 1 (default: 0.6)",
    },
    batchSizeOption,
    resizeModeOption,
    ...editStepOptions,
    ...editOptions,
  ],
  examples: ["edit stroke painting.png --class-label mushroom --strength 0.7 --out mushroom.png"],
  async run(invocation) {
    const [{ editImages }, { stroke }] = await Promise.all([
      import("../edit/edit-images.ts"),
      import("../edit/stroke.ts"),
    ]);
    await editImages(invocation, stroke);
  },
};
