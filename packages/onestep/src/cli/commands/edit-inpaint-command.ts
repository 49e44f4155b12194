import type { Command } from "../command.ts";
import {
  batchSizeOption,
  editOptions,
  editStepOptions,
  imagePositional,
  resizeModeOption,
} from "../edit/edit-options.ts";

/** `onestep edit inpaint`. */
export const editInpaintCommand: Command = {
  name: "edit inpaint",
  summary: "Makes a part of an image anew, to fit the rest",
  description: [
    "Pixels that are black in the mask come back as they are, those that are white are made anew, what lies between is mixed. The mask has the size of its image. An image of the model's size keeps its known pixels byte for byte; others are resized first, and the mask with them.",
  ],
  positional: imagePositional,
  options: [
    {
      name: "mask",
      value: "file",
      repeatable: true,
      description:
        "An image that is white where to paint: one for all images, or given once for each. Better a PNG than a JPEG, whose black is not quite black",
    },
    batchSizeOption,
    resizeModeOption,
    ...editStepOptions,
    ...editOptions,
  ],
  examples: [
    "edit inpaint half.png --mask mask.png --class-label penguin --out whole.png",
    "edit inpaint dog.jpg --mask mask.png --model cd_imagenet64_l2.pt --class-label 207",
  ],
  async run(invocation) {
    const [{ editImages }, { inpaint }] = await Promise.all([
      import("../edit/edit-images.ts"),
      import("../edit/inpaint.ts"),
    ]);
    await editImages(invocation, inpaint);
  },
};
