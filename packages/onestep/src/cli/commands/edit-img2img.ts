import {
  batchSizeOption,
  editOptions,
  editStepOptions,
  imageOrModelPositional,
} from "../arguments/image-options.ts";
import { UsageError } from "../arguments/parse-arguments.ts";
import { imageOption, promptOptions, strengthOption } from "../arguments/prompt-options.ts";
import { shippedModel } from "../arguments/repository-options.ts";
import type { Command } from "../command.ts";

/** `onestep edit img2img`. */
export const editImg2ImgCommand: Command = {
  name: "edit img2img",
  summary: "Change an image to match a prompt",
  description: [
    "Needs a text-to-image model. The result has the size of the image, rounded down to a multiple of 8. For consistency models, see `onestep edit stroke`.",
  ],
  positionals: [imageOrModelPositional],
  options: [
    imageOption,
    strengthOption,
    batchSizeOption,
    ...editStepOptions,
    ...promptOptions,
    ...editOptions.filter(({ name }) => name !== "class-label" && name !== "id2label"),
  ],
  examples: ['edit img2img SimianLuo/LCM_Dreamshaper_v7 --image photo.png --prompt "a watercolor"'],
  async run(invocation) {
    const { arguments: parsed } = invocation;
    const { editWithPrompt, openForEdit, readEditTarget, readImages } = await import(
      "../images/edit-images.ts"
    );
    const { image } = await readImages(invocation);
    const { source, isPrompted } = await openForEdit(invocation);
    if (isPrompted) return editWithPrompt(invocation, { task: "image", source, inputs: { image } });
    const { model = shippedModel } = readEditTarget(parsed);
    throw new UsageError(
      `\`onestep edit img2img\` needs a text-to-image model, and ${model} is not one: name one with --model, or use \`onestep edit stroke\`.`,
    );
  },
};
