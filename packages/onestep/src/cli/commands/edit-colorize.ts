import type { ResizeMode } from "@onestep/pipelines";
import {
  batchSizeOption,
  editOptions,
  editStepOptions,
  imagePositional,
  resizeModeOption,
} from "../arguments/image-options.ts";
import type { Command } from "../command.ts";

/** `onestep edit colorize`. */
export const editColorizeCommand: Command = {
  name: "edit colorize",
  summary: "Colorize a grey image",
  description: [
    "The brightness of every pixel is kept; existing colours are ignored. The result has the size of the model's images: an image of another size is resized first, and the command says so.",
  ],
  positionals: [imagePositional],
  options: [batchSizeOption, resizeModeOption, ...editStepOptions, ...editOptions],
  examples: ["edit colorize grey.png --class-label butterfly --seed 0,1,2,3 --grid 2 --out colours.png"],
  async run(invocation) {
    const [{ editImages, readImages }, { ConsistencyModelColorizationPipeline }] = await Promise.all([
      import("../images/edit-images.ts"),
      import("@onestep/pipelines"),
    ]);
    await editImages(invocation, {
      defaultSteps: 20,
      async prepare(parsed) {
        const { image } = await readImages(invocation);
        const resizeMode = parsed.text("resize-mode") as ResizeMode | undefined;
        return {
          imageCount: image.length,
          images: image,
          run: (pipe, options) =>
            ConsistencyModelColorizationPipeline.fromPipe(pipe).generate({ ...options, image, resizeMode }),
        };
      },
    });
  },
};
