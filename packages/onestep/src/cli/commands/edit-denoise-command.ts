import type { Command } from "../command.ts";
import { editOptions, imagePositional } from "../edit/edit-options.ts";

/** `onestep edit denoise`. */
export const editDenoiseCommand: Command = {
  name: "edit denoise",
  summary: "Takes noise off an image",
  description: [
    "The image has the size of the model's images, and Gaussian noise of a known strength on it.",
  ],
  positional: imagePositional,
  options: [
    {
      name: "sigma",
      value: "number",
      description:
        "Standard deviation of the noise on pixels of -1 to 1: 2 * d / 255 for noise of deviation d on pixels of 0 to 255",
    },
    ...editOptions,
  ],
  examples: ["edit denoise noisy.png --sigma 0.2 --class-label robot --out clean.png"],
  async run(invocation) {
    const [{ editImages }, { denoise }] = await Promise.all([
      import("../edit/edit-images.ts"),
      import("../edit/denoise.ts"),
    ]);
    await editImages(invocation, denoise);
  },
};
