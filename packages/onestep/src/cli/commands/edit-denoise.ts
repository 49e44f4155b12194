import { editOptions, imagePositional } from "../arguments/image-options.ts";
import { UsageError } from "../arguments/parse-arguments.ts";
import { parseNumber } from "../arguments/parse-values.ts";
import type { Command } from "../command.ts";

/** `onestep edit denoise`. */
export const editDenoiseCommand: Command = {
  name: "edit denoise",
  summary: "Remove noise from an image",
  description: [
    "Removes Gaussian noise of a known strength. The image must have the size of the model's images.",
  ],
  positionals: [imagePositional],
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
    const [{ editImages, readImages }, { ConsistencyModelDenoisingPipeline }] = await Promise.all([
      import("../images/edit-images.ts"),
      import("@onestep/pipelines"),
    ]);
    await editImages(invocation, {
      defaultSteps: 1,
      async prepare(parsed) {
        const text = parsed.text("sigma");
        if (text === undefined) throw new UsageError("--sigma is missing: say how strong the noise is.");
        const sigma = parseNumber("sigma", text);
        const { image } = await readImages(invocation);
        return {
          imageCount: image.length,
          images: image,
          run: (pipe, options) =>
            ConsistencyModelDenoisingPipeline.fromPipe(pipe).generate({ ...options, image, sigma }),
        };
      },
    });
  },
};
