import type { Problem } from "@onestep/core";
import { commonOptions } from "../command.ts";
import { commands } from "../commands.ts";

/** Flags whose names differ from the JavaScript options, by option. */
const flags: ReadonlyMap<string, string> = new Map([
  ["classLabels", "--class-label"],
  ["columns", "--grid"],
  ["maskImage", "--mask"],
  ["numImagesPerPrompt", "--batch-size"],
  ["numInferenceSteps", "--steps"],
  ["seeds", "--seed"],
]);

/** Fields of configs that messages name as JavaScript does. In the file they are in snake_case. */
const configFields: ReadonlySet<string> = new Set([
  "classEmbedType",
  "lambdaMinClipped",
  "numTrainTimesteps",
  "sigmaMax",
  "sigmaMin",
  "stepsOffset",
  "timestepSpacing",
  "varianceType",
]);

/** Subjects that are not options of the command line. */
const subjects: ReadonlyMap<string, string> = new Map([
  ["outputType", "the model"],
  ["repositoryId", "the repository"],
  ["textEncoder2", "text_encoder_2"],
  ["unet and textEncoder2", "unet and text_encoder_2"],
]);

/** Remedies that differ between the command line and JavaScript. */
const remedies: readonly (readonly [pattern: RegExp, remedy: string])[] = [
  [/^Use one of numInferenceSteps|^Use one of prompt/, "Leave it out, or name another model."],
  [/outputType/, "The command line writes pictures alone: name a model of images."],
  [/with `fromSingleFile`/, "Name the file, where the model goes, if it is a checkpoint in one file."],
  [/fromPretrained.*scheduler/s, "Name one of these with --scheduler, where the model goes with it."],
  [/whole repository is loaded with fromPretrained/, "Add the file's name, or name the repository alone."],
  [
    /diffusers' layout with fromPretrained/,
    "Name the repository or the folder of a model in diffusers' layout.",
  ],
  [/^Name the folder above it.*fromPretrained/, "Name the folder above it, with model_index.json."],
  [/with a pipeline for inpainting/, "Use `onestep edit inpaint`, or name another model."],
  [
    /StableDiffusionInpaintPipeline with its components/,
    "Name a model of Stable Diffusion or Stable Diffusion XL.",
  ],
  [/pipe\.scheduler/, "Name a consistency model with --model."],
  [/pipe\.labels/, "`onestep inspect` lists all names."],
  [/maxPixels/, "Make the image smaller."],
  [/option maxShardSize/, "Save the model in smaller files, and upload again."],
  [/weightName/, "Name the file itself: its path, or its address."],
  [/^Pass what loads it|unet\.forward|implements `UNet2D`/, "Name another model."],
  [/^Load a pipeline that has one/, "Fetch the model again, or name another."],
  [/make the scheduler with/i, "Choose another number of steps, or another --scheduler."],
  [/deleteAdapters|loadLoraWeights/, "Name each adapter once with --lora."],
  [/^Decode the bytes of a file/, "Name a PNG, JPEG or WebP."],
];

/** Phrases that differ between the command line and JavaScript. */
const phrases: readonly (readonly [pattern: RegExp, phrase: string])[] = [
  [/\blocalFilesOnly(: true)?\b/g, "--local-files-only"],
  [/\bpass token: false\b/gi, "unset HF_TOKEN"],
  [/\bmodelOutput\b/g, "the output of the model"],
];

/** The flag for an option; `undefined` if no command has one. */
function flagOf(option: string): string | undefined {
  const special = flags.get(option);
  if (special !== undefined) return special;
  if (!/^[a-z][a-zA-Z0-9]*$/.test(option)) return undefined;
  const name = option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const isKnown = [...commands.flatMap(({ options }) => options), ...commonOptions].some(
    (definition) => definition.name === name,
  );
  return isKnown ? `--${name}` : undefined;
}

/** A problem in terms of the command line: flags in place of JavaScript options. */
export function inFlags(problem: Problem): Problem {
  const { subject, found, expected, remedy, summary } = problem;
  const special = remedies.find(([pattern]) => pattern.test(remedy))?.[1];
  return {
    subject: nameFlag(subject),
    found: replaceOptions(found),
    expected: replaceOptions(expected),
    remedy: special ?? replaceOptions(remedy),
    ...(summary === undefined
      ? {}
      : { summary: replaceOptions(summary).replace(/\.generate has no option/, " has no option") }),
  };
}

/** `UniPCMultistepScheduler.setTimesteps: numInferenceSteps` becomes `--steps (UniPCMultistepScheduler)`. */
function nameFlag(subject: string): string {
  const flag = subjects.get(subject) ?? flagOf(subject);
  if (flag !== undefined) return flag;
  const [, place = "", option = ""] = /^([\w. ]+): (\w+)$/.exec(subject) ?? [];
  const named = flagOf(option);
  return named === undefined ? replaceOptions(subject) : `${named} (${place.replace(/\.\w+$/, "")})`;
}

/**
 * A text in the words of the command line: an option in backquotes, after the word `option` or in camelCase becomes its
 * flag, and a field of a config is spelled as in its file.
 */
export function replaceOptions(text: string): string {
  const plain = phrases.reduce((changed, [pattern, phrase]) => changed.replaceAll(pattern, phrase), text);
  return plain
    .replaceAll(/`(\w+)`/g, (whole, option: string) => flagOf(option) ?? whole)
    .replaceAll(/\boption ([a-z]\w*)\b/gi, (whole, option: string) => flagOf(option) ?? whole)
    .replaceAll(/(?<![\w.-])[a-z]+[A-Z]\w*/g, (word) => {
      if (configFields.has(word)) return word.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      return flagOf(word) ?? word;
    });
}
