import { nearestName } from "@onestep/core/internal/nearest-name";
import type { SchedulerClass } from "@onestep/schedulers";
import {
  classLabelOption,
  gridOption,
  id2labelOption,
  outOption,
  readGenerateRequest,
  requireCounts,
  seedOption,
  sessionOptions,
  timestepsOption,
} from "../arguments/image-options.ts";
import { UsageError } from "../arguments/parse-arguments.ts";
import { repositoryOptions } from "../arguments/repository-options.ts";
import type { Command } from "../command.ts";

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
    const { arguments: parsed } = invocation;
    const request = readGenerateRequest(parsed);
    requireCounts(request);
    const [{ makeImages }, { schedulerClasses }] = await Promise.all([
      import("../images/make-images.ts"),
      import("@onestep/schedulers"),
    ]);
    await makeImages(invocation, {
      request,
      schedulerClass: chooseScheduler(parsed.text("scheduler"), schedulerClasses),
      generate: (pipe, options) => pipe.generate(options),
    });
  },
};

/**
 * The scheduler that `--scheduler` names, as diffusers does or in short: `EulerDiscreteScheduler`, `euler-discrete`;
 * `undefined` where it names none.
 *
 * @throws UsageError
 */
export function chooseScheduler(
  name: string | undefined,
  schedulerClasses: readonly SchedulerClass[],
): SchedulerClass | undefined {
  if (name === undefined) return undefined;
  const byShortName = new Map(schedulerClasses.map((one) => [shorten(one.className), one]));
  const schedulerClass = byShortName.get(shorten(name));
  if (schedulerClass !== undefined) return schedulerClass;
  const names = schedulerClasses.map(({ className }) => className);
  const nearShortName = nearestName(shorten(name), byShortName.keys());
  const nearest = nearestName(name, names) ?? byShortName.get(nearShortName ?? "")?.className;
  const hint = nearest === undefined ? "" : ` Did you mean ${nearest}?`;
  throw new UsageError(
    `--scheduler: found ${JSON.stringify(name)}, expected one of ${names.join(", ")}.${hint}`,
  );
}

/** `euler-discrete`, `Euler_Discrete` and `EulerDiscreteScheduler` are `eulerdiscrete`. */
function shorten(name: string): string {
  return name
    .replaceAll(/[-_]/g, "")
    .toLowerCase()
    .replace(/scheduler$/, "");
}
