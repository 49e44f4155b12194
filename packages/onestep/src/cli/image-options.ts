import type { OptionDefinition } from "./arguments/option-definition.ts";

/** What to make, for models with classes. */
export const classLabelOption: OptionDefinition = {
  name: "class-label",
  value: "list",
  repeatable: true,
  description:
    "What to make, for models with classes: one class for all images or one per image, by number or name, as 145 or 0-9 or fox,pizza (default: random, and the class is told)",
};

/** Names of classes. */
export const id2labelOption: OptionDefinition = {
  name: "id2label",
  value: "file",
  description:
    "Names of the classes for --class-label, where the model does not have them: JSON of names by number, as ImageNet's, or a name in each line",
};

/** Where random numbers start. */
export const seedOption: OptionDefinition = {
  name: "seed",
  value: "list",
  repeatable: true,
  description:
    "Where random numbers start: one integer for all images, or one per image (default: a random one, which is told)",
};

/** Which steps to take. */
export const timestepsOption: OptionDefinition = {
  name: "timesteps",
  value: "list",
  repeatable: true,
  description: "Which steps, in place of --steps: indices into the training grid, descending, as 22,0",
};

/** Where to save. */
export const outOption: OptionDefinition = {
  name: "out",
  short: "o",
  value: "file",
  description:
    "Where to save; name.png becomes name-0.png, name-1.png, ... for several images. A file that is there is REPLACED (default: onestep.png, or onestep-2.png and so on: the default replaces nothing)",
};

/** Whether all images become one. */
export const gridOption: OptionDefinition = {
  name: "grid",
  value: "columns",
  description: "Save all images as one, in a grid",
};

/** Where and how the model runs. */
export const sessionOptions: readonly OptionDefinition[] = [
  { name: "device", value: "name", description: "Where to run: auto, cpu, webgpu, wasm (default: auto)" },
  {
    name: "threads",
    value: "count",
    description: "Threads to compute with (default: the number of physical cores)",
  },
];
