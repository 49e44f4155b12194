import type { Problem } from "@onestep/core";
import { commands } from "../commands.ts";
import { commonOptions } from "../shared-options.ts";

/**
 * Names options as the command line does: `sampleSize` in backquotes, or as what a problem is about, becomes --sample-size
 * where a command has that option.
 */
export function nameOptions(text: string): string {
  return text.replaceAll(/`([a-z]\w*)`/g, (whole, name: string) => optionOf(name) ?? whole);
}

/** The parts of a problem with options named as the command line does. */
export function nameOptionsOf({ subject, found, expected, remedy }: Problem): Problem {
  return {
    subject: optionOf(subject) ?? nameOptions(subject),
    found: nameOptions(found),
    expected: nameOptions(expected),
    remedy: nameOptions(remedy),
  };
}

function optionOf(name: string): string | undefined {
  const option = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const isKnown = [...commands.flatMap(({ options }) => options), ...commonOptions].some(
    (definition) => definition.name === option,
  );
  return isKnown && /^[a-z-]+$/.test(option) ? `--${option}` : undefined;
}
