import type { UNet2DModelConfigValues } from "@onestep/models";
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
    "The result has the size of the model's images. Scaled down again, it is the original image.",
  ],
  positionals: [imagePositional],
  options: [
    {
      name: "factor",
      value: "count",
      description:
        "How many times larger the result is, 2 or more; the image is resized to fit (default: the size of the model's images divided by that of the image, which has to be a whole number)",
    },
    batchSizeOption,
    resizeModeOption,
    ...editStepOptions,
    ...editOptions,
  ],
  examples: [
    "edit upscale small.png --class-label fox --out large.png",
    "edit upscale icon.webp --factor 4 --class-label panda",
  ],
  async run(invocation) {
    const [
      { editImages, readImages, requireSmaller },
      { ConsistencyModelSuperResolutionPipeline },
      { sampleSizeOf },
    ] = await Promise.all([
      import("../images/edit-images.ts"),
      import("@onestep/pipelines"),
      import("@onestep/models"),
    ]);
    await editImages(invocation, {
      defaultSteps: 20,
      async prepare(parsed) {
        const text = parsed.text("factor");
        const factor = text === undefined ? undefined : parseCount("factor", text);
        const { image } = await readImages(invocation);
        const resizeMode = parsed.text("resize-mode") as ResizeMode | undefined;
        return {
          imageCount: image.length,
          images: image,
          divisor: factor,
          run(pipe, options) {
            requireSmaller(image, sampleSizeOf(pipe.unet.config as UNet2DModelConfigValues));
            const upscaler = ConsistencyModelSuperResolutionPipeline.fromPipe(pipe);
            return upscaler.generate({ ...options, image, factor, resizeMode });
          },
        };
      },
    });
  },
};
