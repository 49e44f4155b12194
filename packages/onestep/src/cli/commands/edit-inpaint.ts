import type { RasterImage } from "@onestep/core";
import type { ResizeMode } from "@onestep/pipelines";
import {
  batchSizeOption,
  editOptions,
  editStepOptions,
  imageOrModelPositional,
  resizeModeOption,
} from "../arguments/image-options.ts";
import { UsageError } from "../arguments/parse-arguments.ts";
import { imageOption, promptOptions, sizeOptions, strengthOption } from "../arguments/prompt-options.ts";
import type { Command } from "../command.ts";

/** `onestep edit inpaint`. */
export const editInpaintCommand: Command = {
  name: "edit inpaint",
  summary: "Repaint the masked part of an image",
  description: [
    "Black areas of the mask are kept, white areas are repainted, grey areas are blended. The mask has the size of its image. A consistency model keeps the pixels under black areas byte for byte if the image has the size of the model's images; otherwise image and mask are resized first, and the command says so.",
    "With a text-to-image model, say with --prompt what the repainted image shows.",
  ],
  positionals: [imageOrModelPositional],
  options: [
    {
      name: "mask",
      value: "file",
      completes: "file",
      repeatable: true,
      description:
        "An image that is white where the other is to be repainted: one for all images, or one for each. Prefer PNG: JPEG compression alters pure black",
    },
    imageOption,
    strengthOption,
    batchSizeOption,
    resizeModeOption,
    ...editStepOptions,
    ...promptOptions,
    ...sizeOptions,
    ...editOptions,
  ],
  examples: [
    "edit inpaint half.png --mask mask.png --class-label penguin --out whole.png",
    "edit inpaint dog.jpg --mask mask.png --model cd_imagenet64_l2.pt --class-label 207",
    'edit inpaint room.png --mask wall.png -m stabilityai/sd-turbo --prompt "a red door"',
  ],
  async run(invocation) {
    const { arguments: parsed } = invocation;
    const paths = parsed.texts("mask");
    if (paths.length === 0) {
      throw new UsageError("--mask is missing: name an image that is white where to repaint.");
    }
    const { editImages, editWithPrompt, openForEdit, readImages } = await import("../images/edit-images.ts");
    const { image, others: mask } = await readImages(invocation, paths);
    requireWhite(mask, paths);
    const { source, isPrompted } = await openForEdit(invocation);
    if (isPrompted) {
      return editWithPrompt(invocation, { task: "inpainting", source, inputs: { image, maskImage: mask } });
    }
    if (parsed.has("strength")) {
      throw new UsageError("--strength: consistency models repaint all of the mask. Leave it out.");
    }
    const { ConsistencyModelInpaintPipeline } = await import("@onestep/pipelines");
    await editImages(invocation, {
      source,
      defaultSteps: 20,
      async prepare() {
        const resizeMode = parsed.text("resize-mode") as ResizeMode | undefined;
        return {
          imageCount: Math.max(image.length, mask.length),
          images: image,
          run: (pipe, options) =>
            ConsistencyModelInpaintPipeline.fromPipe(pipe).generate({ ...options, image, mask, resizeMode }),
        };
      },
    });
  },
};

/** @throws UsageError if a mask is black everywhere, so that the result would be the image itself. */
function requireWhite(masks: readonly RasterImage[], paths: readonly string[]): void {
  const black = masks.findIndex(({ data }) => data.every((value) => value === 0));
  if (black === -1) return;
  throw new UsageError(
    `--mask: ${paths[black]} is black everywhere, so nothing would be repainted. Make the areas to repaint white.`,
  );
}
