import {
  FileWriteError,
  ImageError,
  InvalidArgumentError,
  InvalidConfigError,
  type Problem,
  UnsupportedError,
} from "@onestep/core";
import { GraphError } from "@onestep/graph";
import {
  CacheWriteError,
  EntryNotFoundError,
  FileReadError,
  GatedRepositoryError,
  HubError,
  IntegrityError,
  InvalidTokenError,
  RepositoryNotFoundError,
  RevisionNotFoundError,
  UnsafePathError,
} from "@onestep/hub";
import { CheckpointError, WeightsMismatchError } from "@onestep/models";
import { InvalidGraphError, WeightsFileError } from "@onestep/runtime";
import { SchedulerConfigNotFoundError } from "@onestep/schedulers";
import { commonOptions } from "../command.ts";
import { commands } from "../commands.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";

interface ErrorClass {
  isInstance(value: unknown): boolean;
}

/** From specific to general: the first matching class wins. */
const exitCodeByClass: readonly (readonly [ErrorClass, ExitCode])[] = [
  [InvalidArgumentError, exitCodes.invalidInput],
  [UnsafePathError, exitCodes.invalidInput],
  [ImageError, exitCodes.invalidInput],
  [RepositoryNotFoundError, exitCodes.notFound],
  [RevisionNotFoundError, exitCodes.notFound],
  [EntryNotFoundError, exitCodes.notFound],
  [GatedRepositoryError, exitCodes.notFound],
  [InvalidTokenError, exitCodes.notFound],
  [SchedulerConfigNotFoundError, exitCodes.notFound],
  [CacheWriteError, exitCodes.notWritten],
  [FileWriteError, exitCodes.notWritten],
  [IntegrityError, exitCodes.checkpoint],
  [FileReadError, exitCodes.checkpoint],
  [HubError, exitCodes.network],
  [InvalidConfigError, exitCodes.checkpoint],
  [UnsupportedError, exitCodes.checkpoint],
  [CheckpointError, exitCodes.checkpoint],
  [WeightsMismatchError, exitCodes.checkpoint],
  [GraphError, exitCodes.checkpoint],
  [InvalidGraphError, exitCodes.checkpoint],
  [WeightsFileError, exitCodes.checkpoint],
];

/** The exit code for an error thrown by a package. */
export function exitCodeOfError(error: unknown): ExitCode {
  return exitCodeByClass.find(([errorClass]) => errorClass.isInstance(error))?.[1] ?? exitCodes.unexpected;
}

/** Flags whose names differ from the JavaScript options, by option. */
const flags: ReadonlyMap<string, string> = new Map([
  ["classLabels", "--class-label"],
  ["columns", "--grid"],
  ["maskImage", "--mask"],
  ["numImagesPerPrompt", "--batch-size"],
  ["numInferenceSteps", "--steps"],
  ["seeds", "--seed"],
]);

/** Remedies that differ between the command line and JavaScript. */
const remedies: readonly (readonly [pattern: RegExp, remedy: string])[] = [
  [/^Use one of numInferenceSteps|^Use one of prompt/, "Leave it out, or name another model."],
  [/outputType/, "The command line writes pictures alone; in JavaScript, `outputType` gives the numbers."],
  [/with `fromSingleFile`/, "Name the file, where the model goes, if it is a checkpoint in one file."],
  [/fromPretrained.*scheduler/s, "Name one of these with --scheduler, where the model goes with it."],
  [/with a pipeline for inpainting/, "Use `onestep edit inpaint`, or name another model."],
  [
    /StableDiffusionInpaintPipeline with its components/,
    "Name a model of Stable Diffusion or Stable Diffusion XL.",
  ],
  [/pipe\.scheduler/, "Name a consistency model with --model."],
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
  const flag = flagOf(subject);
  if (flag !== undefined) return flag;
  const [, place = "", option = ""] = /^([\w. ]+): (\w+)$/.exec(subject) ?? [];
  const named = flagOf(option);
  return named === undefined ? replaceOptions(subject) : `${named} (${place.replace(/\.\w+$/, "")})`;
}

/** `sampleSize` in backquotes becomes --sample-size. */
export function replaceOptions(text: string): string {
  return text
    .replaceAll("localFilesOnly: true", "--local-files-only")
    .replaceAll("option cacheDir", "--cache-dir")
    .replaceAll(/`(\w+)`/g, (whole, option: string) => flagOf(option) ?? whole);
}
