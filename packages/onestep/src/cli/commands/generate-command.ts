import type { Command } from "../command.ts";
import { repositoryOptions } from "../shared-options.ts";

/** `onestep generate`. */
export const generateCommand: Command = {
  name: "generate",
  summary: "Makes images and saves them as PNG",
  description: [
    "The paths of the files that were written go to stdout, progress and notes to stderr. The same model, seed, labels and steps give the same image, here and in Python.",
  ],
  positional: {
    name: "model",
    description:
      "A model on the Hub (openai/diffusers-cd_imagenet64_l2), a folder, the URL of a folder, or an original checkpoint in one file (cd_imagenet64_l2.pt). Without it: the small model that ships, ten kinds of emoji, no network needed",
  },
  options: [
    {
      name: "class-label",
      value: "list",
      repeatable: true,
      description:
        "What to make, for models with classes: one class for all images or one per image, as 145 or 1,2,3 or 0-9 (default: random)",
    },
    {
      name: "seed",
      value: "list",
      repeatable: true,
      description:
        "Where random numbers start: one integer for all images, or one per image (default: a random one, which is told)",
    },
    {
      name: "steps",
      value: "count",
      description: "How many steps (default: those of diffusers: 1 for a consistency model, 1000 for a DDPM)",
    },
    {
      name: "timesteps",
      value: "list",
      repeatable: true,
      description: "Which steps, in place of --steps: indices into the training grid, descending, as 22,0",
    },
    {
      name: "batch-size",
      value: "count",
      description: "How many images (default: as many as there are labels or seeds)",
    },
    {
      name: "out",
      short: "o",
      value: "file",
      description:
        "Where to save; name.png becomes name-0.png, name-1.png, ... for several images. A file that is there is REPLACED (default: onestep.png, or onestep-2.png and so on: the default replaces nothing)",
    },
    { name: "grid", value: "columns", description: "Save all images as one, in a grid" },
    {
      name: "scheduler",
      value: "name",
      description:
        "Sample with another scheduler, by its name in diffusers or in short: EDMEulerScheduler, edm-euler (default: the model's own)",
    },
    { name: "device", value: "name", description: "Where to run: auto, cpu, webgpu (default: auto)" },
    {
      name: "threads",
      value: "count",
      description: "Threads to compute with (default: the number of physical cores)",
    },
    ...repositoryOptions,
  ],
  examples: [
    "generate",
    "generate --class-label 0-9 --seed 7 --grid 5 --out emoji.png",
    "generate openai/diffusers-cd_imagenet64_l2 --class-label 145 --seed 0 --out penguin.png",
    "generate openai/diffusers-cd_imagenet64_l2 --timesteps 22,0 --batch-size 16 --grid 4",
    "generate google/ddpm-cifar10-32 --scheduler ddim --steps 50",
  ],
  async run(invocation) {
    const { generateImages } = await import("../generate/generate-images.ts");
    await generateImages(invocation);
  },
};
