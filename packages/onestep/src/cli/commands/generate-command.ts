import type { Command } from "../command.ts";
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
      "A model on the Hub (openai/diffusers-cd_imagenet64_l2), a folder, the URL of a folder, or an original checkpoint in one file (cd_imagenet64_l2.pt). Without it: the small model that ships, thirty emoji, no network needed",
  },
  options: [
    classLabelOption,
    id2labelOption,
    seedOption,
    {
      name: "steps",
      value: "count",
      description: "How many steps (default: those of diffusers: 1 for a consistency model, 1000 for a DDPM)",
    },
    timestepsOption,
    {
      name: "batch-size",
      value: "count",
      description: "How many images (default: as many as there are labels or seeds)",
    },
    outOption,
    gridOption,
    {
      name: "scheduler",
      value: "name",
      description:
        "Sample with another scheduler, by its name in diffusers or in short: EDMEulerScheduler, edm-euler (default: the model's own)",
    },
    ...sessionOptions,
    ...repositoryOptions,
  ],
  examples: [
    "generate",
    "generate --class-label fox,pizza,rocket --seed 7 --grid 3 --out emoji.png",
    "generate openai/diffusers-cd_imagenet64_l2 --class-label 145 --seed 0 --out penguin.png",
    "generate openai/diffusers-cd_imagenet64_l2 --timesteps 22,0 --batch-size 16 --grid 4",
    "generate google/ddpm-cifar10-32 --scheduler ddim --steps 50",
    "generate target_model050000.pt --scheduler cm-stochastic-iterative --sample-size 64",
  ],
  async run(invocation) {
    const { generateImages } = await import("../generate/generate-images.ts");
    await generateImages(invocation);
  },
};
