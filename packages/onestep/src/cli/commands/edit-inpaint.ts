import type { ResizeMode } from "@onestep/pipelines";
import {
  batchSizeOption,
  editOptions,
  editStepOptions,
  imagePositional,
  resizeModeOption,
} from "../arguments/image-options.ts";
import { UsageError } from "../arguments/parse-arguments.ts";
import type { Command } from "../command.ts";

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
    const [{ editImages, readImages, readImageFile }, { ConsistencyModelInpaintPipeline }] =
      await Promise.all([import("../images/edit-images.ts"), import("@onestep/pipelines")]);
    await editImages(invocation, {
      defaultSteps: 20,
      async prepare(parsed) {
        const paths = parsed.texts("mask");
        if (paths.length === 0)
          throw new UsageError("--mask is missing: name an image that is white where to paint.");
        const [image, mask] = await Promise.all([readImages(parsed), Promise.all(paths.map(readImageFile))]);
        const resizeMode = parsed.text("resize-mode") as ResizeMode | undefined;
        return {
          imageCount: Math.max(image.length, mask.length),
          run: (pipe, options) =>
            ConsistencyModelInpaintPipeline.fromPipe(pipe).generate({ ...options, image, mask, resizeMode }),
        };
      },
    });
  },
};
