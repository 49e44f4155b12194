import type { ResizeMode } from "@onestep/pipelines";
import {
  batchSizeOption,
  editOptions,
  editStepOptions,
  imagePositional,
  resizeModeOption,
} from "../arguments/image-options.ts";
import { parseCount } from "../arguments/parse-values.ts";
import type { Command } from "../command.ts";

/** `onestep edit upscale`. */
export const editUpscaleCommand: Command = {
  name: "edit upscale",
  summary: "Enlarge a small image",
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
    const [{ editImages, readImages }, { ConsistencyModelSuperResolutionPipeline }] = await Promise.all([
      import("../images/edit-images.ts"),
      import("@onestep/pipelines"),
    ]);
    await editImages(invocation, {
      defaultSteps: 20,
      async prepare(parsed) {
        const text = parsed.text("factor");
        const factor = text === undefined ? undefined : parseCount("factor", text);
        const image = await readImages(parsed);
        const resizeMode = parsed.text("resize-mode") as ResizeMode | undefined;
        return {
          imageCount: image.length,
          run: (pipe, options) =>
            ConsistencyModelSuperResolutionPipeline.fromPipe(pipe).generate({
              ...options,
              image,
              factor,
              resizeMode,
            }),
        };
      },
    });
  },
};
