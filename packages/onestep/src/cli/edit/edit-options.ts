import type { OptionDefinition } from "../arguments/option-definition.ts";
import type { PositionalDefinition } from "../command.ts";
import {
  classLabelOption,
  gridOption,
  id2labelOption,
  outOption,
  seedOption,
  sessionOptions,
  timestepsOption,
} from "../image-options.ts";
import { repositoryOptions } from "../shared-options.ts";

/** The images of an edit. */
export const imagePositional: PositionalDefinition = {
  name: "image",
  repeatable: true,
  required: true,
  description: "Images to edit: PNG, JPEG or WebP",
};

/** What is done with images of another size than the model's. */
export const resizeModeOption: OptionDefinition = {
  name: "resize-mode",
  value: "name",
  description:
    "What to do with images of another size than the model's: default (stretch them), crop (cover the size and cut off the rest), fill (fit them in and repeat their outermost pixels)",
};

/** How many steps an edit takes. */
export const editStepOptions: readonly OptionDefinition[] = [
  { name: "steps", value: "count", description: "How many steps (default: 20)" },
  timestepsOption,
];

/** What every edit knows: the model, the randomness, the results. */
export const editOptions: readonly OptionDefinition[] = [
  {
    name: "model",
    short: "m",
    value: "name",
    description:
      "A consistency model on the Hub (openai/diffusers-cd_imagenet64_l2), a folder, the URL of a folder, or an original checkpoint in one file (default: the small model that ships, thirty emoji)",
  },
  {
    ...classLabelOption,
    description:
      "What the images show, for models with classes: one class for all images or one per image, by number or name, as 145 or fox (default: random, which will hardly be right)",
  },
  id2labelOption,
  seedOption,
  outOption,
  gridOption,
  ...sessionOptions,
  ...repositoryOptions,
];

/** How many results. */
export const batchSizeOption: OptionDefinition = {
  name: "batch-size",
  value: "count",
  description: "How many results of one image (default: as many as there are images, labels or seeds)",
};
