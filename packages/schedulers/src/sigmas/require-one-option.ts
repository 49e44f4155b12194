import { InvalidArgumentError } from "@onestep/core";

/**
 * Checks that exactly one of several options is given, and none that is refused.
 *
 * @param subject - The method, for the message.
 * @throws InvalidArgumentError where none is, or more than one, or another.
 */
export function requireOneOption(subject: string, options: object, names: readonly string[]): void {
  const given = Object.entries(options ?? {}).filter(([, value]) => value !== undefined);
  if (given.length === 1 && names.includes(given[0]?.[0] ?? "")) return;
  throw new InvalidArgumentError({
    subject,
    found: given.length === 0 ? "no option" : given.map(([name]) => `\`${name}\``).join(" and "),
    expected: `exactly one of ${names.map((name) => `\`${name}\``).join(", ")}`,
    remedy: "Pass that one alone.",
  });
}
