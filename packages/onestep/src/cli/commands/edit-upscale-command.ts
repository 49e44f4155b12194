import type { Command } from "../command.ts";
import {
  batchSizeOption,
  editOptions,
  editStepOptions,
  imagePositional,
  resizeModeOption,
} from "../edit/edit-options.ts";

/** `onestep edit upscale`. */
export const editUpscaleCommand: Command = {
  name: "edit upscale",
  summary: "Makes a large image of a small one",
  description: [
    "The result has the size of the model's images, and shrunk again it is the image that went in.",
  ],
  positional: imagePositional,
  options: [
    {
      name: "factor",
      value: "count",
      description:
        "How many times larger the result is; the image is resized to fit (default: what the size of the image makes it, which has to be that of the model's images divided by a whole number)",
    },
    batchSizeOption,
    resizeModeOption,
    ...editStepOptions,
    ...editOptions,
  ],
  examples: [
    "edit upscale small.png --class-label fox --out large.png",
    "edit upscale photo.webp --factor 4 --class-label panda",
  ],
  async run(invocation) {
    const [{ editImages }, { upscale }] = await Promise.all([
      import("../edit/edit-images.ts"),
      import("../edit/upscale.ts"),
    ]);
    await editImages(invocation, upscale);
  },
};
