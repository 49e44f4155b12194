import { toCamelCase } from "./config/config.ts";
import { describeValue } from "./config/describe-value.ts";
import { InvalidArgumentError } from "./errors.ts";
import { nearestName } from "./nearest-name.ts";

/** The names of all options of a function. A missing or extra name is a compile error. */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>;

/** Python options with a different name here. */
const renamed: Readonly<Record<string, string>> = {
  callbackOnStepEnd: "onStepEnd",
  torchDtype: "dtype",
};

/** The options that another function takes, out of more. */
export function pickOptions<Options>(options: NoInfer<Options>, names: OptionNames<Options>): Options {
  return Object.fromEntries(
    Object.entries(options as object).filter(([name]) => Object.hasOwn(names, name)),
  ) as Options;
}

/**
 * Checks option names before anything else. An undefined option counts as not given.
 *
 * @param subject - The function, as a user calls it: `"DDIMPipeline.generate"`.
 * @throws InvalidArgumentError unless they are an object, and every name is one of the function's; the nearest is
 *   suggested.
 */
export function requireKnownOptions(
  subject: string,
  options: unknown,
  names: Readonly<Record<string, true>>,
): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new InvalidArgumentError({
      subject: `options of ${subject}`,
      found: describeValue(options),
      expected: "an object",
      remedy: "Pass options by their names.",
    });
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || Object.hasOwn(names, name)) continue;
    const known = Object.keys(names);
    const list = `one of ${known.join(", ")}`;
    const camelCase = toCamelCase(name);
    const meant = renamed[camelCase] ?? camelCase;
    const nearest = Object.hasOwn(names, meant) ? meant : nearestName(meant, known);
    throw new InvalidArgumentError({
      subject: name,
      found: "an unknown option",
      expected: list,
      remedy: nearest === undefined ? `Use ${list}.` : `Did you mean \`${nearest}\`?`,
      summary: `${subject} has no option \`${name}\`.`,
    });
  }
}
