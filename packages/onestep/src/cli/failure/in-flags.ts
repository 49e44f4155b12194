import type { Problem } from "@onestep/core";
import { commands } from "../commands.ts";
import { commonOptions } from "../shared-options.ts";

/** The flags whose names are not those of the options in JavaScript, by the options. */
const flags: ReadonlyMap<string, string> = new Map([
  ["classLabels", "--class-label"],
  ["columns", "--grid"],
  ["numInferenceSteps", "--steps"],
  ["seeds", "--seed"],
]);

/** What to do on the command line, where it is something else than in JavaScript. */
const remedies: readonly (readonly [pattern: RegExp, remedy: string])[] = [
  [/outputType/, "The command line writes pictures alone; in JavaScript, `outputType` gives the numbers."],
  [/with `fromSingleFile`/, "Name the file, where the model goes, if it is a checkpoint in one file."],
  [/fromPretrained.*scheduler/s, "Name one of these with --scheduler, where the model goes with it."],
  [/pipe\.scheduler/, "Name a consistency model with --model."],
];

/** The flag of an option: that of a command, or `undefined` where no command has one. */
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

/** A problem in the words of the command line: its flags in place of the options of JavaScript. */
export function inFlags(problem: Problem): Problem {
  const { subject, found, expected, remedy } = problem;
  const special = remedies.find(([pattern]) => pattern.test(remedy))?.[1];
  return {
    subject: nameFlag(subject),
    found: replaceOptions(found),
    expected: replaceOptions(expected),
    remedy: special ?? replaceOptions(remedy),
  };
}

/** `UniPCMultistepScheduler.setTimesteps: numInferenceSteps` is `--steps (UniPCMultistepScheduler)`. */
function nameFlag(subject: string): string {
  const flag = flagOf(subject);
  if (flag !== undefined) return flag;
  const [, place = "", option = ""] = /^([\w. ]+): (\w+)$/.exec(subject) ?? [];
  const named = flagOf(option);
  return named === undefined ? replaceOptions(subject) : `${named} (${place.replace(/\.\w+$/, "")})`;
}

/** `sampleSize` in backquotes becomes --sample-size. */
export function replaceOptions(text: string): string {
  return text.replaceAll(/`(\w+)`/g, (whole, option: string) => flagOf(option) ?? whole);
}
