import type { Command } from "../command.ts";
import { editOptions, imagePositional, resizeModeOption } from "../edit/edit-options.ts";
import { timestepsOption } from "../image-options.ts";

/** `onestep edit interpolate`. */
export const editInterpolateCommand: Command = {
  name: "edit interpolate",
  summary: "Makes images on the way from one to another",
  description: [
    "Between two images, or without any between two seeds. The first and the last result are the images that went in, or those that `generate` makes of the seeds.",
  ],
  positional: {
    ...imagePositional,
    required: false,
    description: "Two images: PNG, JPEG or WebP. Without them: between the two of --seed",
  },
  options: [
    {
      name: "frames",
      value: "count",
      description: "How many images, both ends included (default: 8)",
    },
    {
      name: "strength",
      value: "number",
      description: "Between images: how much the model may make up half-way, above 0 to 1 (default: 0.6)",
    },
    resizeModeOption,
    {
      name: "steps",
      value: "count",
      description: "How many steps (default: 4 between images, 1 between seeds)",
    },
    {
      ...timestepsOption,
      description:
        "Which steps, in place of --steps, between seeds: indices into the training grid, descending, as 22,0",
    },
    ...editOptions,
  ],
  examples: [
    "edit interpolate --seed 1,2 --class-label fox --frames 10 --grid 10",
    'edit interpolate apple.png other.jpg --class-label "red apple" --seed 0',
  ],
  async run(invocation) {
    const [{ editImages }, { interpolate }] = await Promise.all([
      import("../edit/edit-images.ts"),
      import("../edit/interpolate.ts"),
    ]);
    await editImages(invocation, interpolate);
  },
};
