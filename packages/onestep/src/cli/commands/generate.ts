import { nearestName } from "@onestep/core/internal/nearest-name";
import type { SchedulerClass } from "@onestep/schedulers";
import {
  classLabelOption,
  id2labelOption,
  outputOptions,
  readGenerateRequest,
  requireCounts,
  seedOption,
  sessionOptions,
  timestepsOption,
} from "../arguments/image-options.ts";
import { UsageError } from "../arguments/parse-arguments.ts";
import {
  promptOptions,
  readPromptRequest,
  refusePromptOptions,
  requirePrompt,
  sizeOptions,
} from "../arguments/prompt-options.ts";
import { readRepositorySettings, repositoryOptions, shippedModel } from "../arguments/repository-options.ts";
import type { Command } from "../command.ts";

/** `onestep generate`. */
export const generateCommand: Command = {
  name: "generate",
  summary: "Generate images",
  description: [
    "The paths of the files go to stdout, progress and notes to stderr. The same model, seed, labels and steps give the same image, here and in Python.",
    "A text-to-image model takes a --prompt. Each of its images has its own seed, counting up from --seed.",
    "A PNG holds what made it (prompt or class, seed, settings) in the text chunk `parameters`, as other programs write it.",
  ],
  positionals: [
    {
      name: "model",
      completes: "folder",
      description:
        "A model on the Hub (openai/diffusers-cd_imagenet64_l2), a folder, the URL of a folder, or an original checkpoint in one file (cd_imagenet64_l2.pt). Without it: the included model of thirty emoji, no network needed",
    },
  ],
  options: [
    classLabelOption,
    id2labelOption,
    ...promptOptions,
    ...sizeOptions,
    seedOption,
    {
      name: "steps",
      value: "count",
      description:
        "How many steps (default: those of diffusers: 1 for a consistency model, 4 for a latent consistency model, 50 for Stable Diffusion, 1000 for a DDPM)",
    },
    timestepsOption,
    {
      name: "batch-size",
      value: "count",
      description:
        "How many images; of a text-to-image model, how many of each prompt (default: as many as there are labels or seeds)",
    },
    ...outputOptions,
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
    "generate --class-label fox,pizza,rocket --seed 7 --grid 3 --scale 8 --out emoji.png",
    "generate openai/diffusers-cd_imagenet64_l2 --class-label 145 --seed 0 --out penguin.png",
    "generate openai/diffusers-cd_imagenet64_l2 --timesteps 22,0 --batch-size 16 --grid 4",
    'generate SimianLuo/LCM_Dreamshaper_v7 --prompt "a red fox" --out fox.png',
    'generate stabilityai/sd-turbo --variant fp16 --prompt "a fox" --steps 1 --guidance-scale 0',
    "generate google/ddpm-cifar10-32 --scheduler ddim --steps 50",
    "generate target_model050000.pt --scheduler cm-stochastic-iterative --sample-size 64",
  ],
  async run(invocation) {
    const { arguments: parsed } = invocation;
    const request = readGenerateRequest(parsed);
    const promptRequest = readPromptRequest(parsed);
    if (promptRequest === undefined) requireCounts(request);
    const settings = readRepositorySettings(invocation);
    const [{ makeImages }, { isPromptModel, makePromptImages }, { openModel }, { checkOutput }, schedulers] =
      await Promise.all([
        import("../images/make-images.ts"),
        import("../images/prompt-images.ts"),
        import("../images/open-pipeline.ts"),
        import("../images/output-files.ts"),
        import("@onestep/schedulers"),
      ]);
    const schedulerClass = chooseScheduler(parsed.text("scheduler"), schedulers.schedulerClasses);
    await checkOutput(request, promptRequest?.seeds.length ?? request.batchSize, invocation);
    const source = await openModel(request.model, settings);
    const model = request.model ?? shippedModel;
    if (source !== undefined && isPromptModel(source)) {
      const { className } = source.modelIndex;
      const own = requirePrompt(parsed, promptRequest, { model, className });
      return makePromptImages(invocation, { source, model, task: "text", request: own, schedulerClass });
    }
    refusePromptOptions(parsed, model, source?.modelIndex.className ?? "ConsistencyModelPipeline");
    await makeImages(invocation, {
      request,
      source,
      schedulerClass,
      generate: (pipe, options) => pipe.generate(options),
    });
  },
};

/**
 * The scheduler named by `--scheduler`, by its diffusers name or in short: `EulerDiscreteScheduler`, `euler-discrete`;
 * `undefined` if not given.
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

/** `euler-discrete`, `Euler_Discrete` and `EulerDiscreteScheduler` become `eulerdiscrete`. */
function shorten(name: string): string {
  return name
    .replaceAll(/[-_]/g, "")
    .toLowerCase()
    .replace(/scheduler$/, "");
}
