import type { ResizeMode } from "@onestep/pipelines";
import {
  batchSizeOption,
  editOptions,
  editStepOptions,
  imagePositional,
  resizeModeOption,
} from "../arguments/image-options.ts";
import { parseNumber } from "../arguments/parse-values.ts";
import type { Command } from "../command.ts";

/** `onestep edit stroke`. */
export const editStrokeCommand: Command = {
  name: "edit stroke",
  summary: "Turn strokes, or any other image, into an image",
  description: ["Noise hides the detail of the image, and the model generates new detail (SDEdit)."],
  positionals: [imagePositional],
  options: [
    {
      name: "strength",
      value: "number",
      description: "How much to change the image, above 0 to 1 (default: 0.6)",
    },
    batchSizeOption,
    resizeModeOption,
    ...editStepOptions,
    ...editOptions,
  ],
  examples: ["edit stroke painting.png --class-label mushroom --strength 0.7 --out mushroom.png"],
  async run(invocation) {
    const [{ editImages, readImages }, { ConsistencyModelImg2ImgPipeline }] = await Promise.all([
      import("../images/edit-images.ts"),
      import("@onestep/pipelines"),
    ]);
    await editImages(invocation, {
      defaultSteps: 12,
      async prepare(parsed) {
        const text = parsed.text("strength");
        const strength = text === undefined ? undefined : parseNumber("strength", text);
        const { image } = await readImages(invocation);
        const resizeMode = parsed.text("resize-mode") as ResizeMode | undefined;
        return {
          imageCount: image.length,
          images: image,
          run: (pipe, options) =>
            ConsistencyModelImg2ImgPipeline.fromPipe(pipe).generate({
              ...options,
              image,
              strength,
              resizeMode,
            }),
        };
      },
    });
  },
};
