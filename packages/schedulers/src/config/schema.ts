import {
  type ConfigField,
  type ConfigFields,
  ConfigSchema,
  type ConfigValues,
  InvalidConfigError,
  type PythonJson,
} from "@onestep/core";
import { requireLimits } from "../predictions.ts";
import { relativesOf } from "./compatibles.ts";

/** Options that create a config. Every field may be omitted or `undefined` to use its default. */
export type ConfigOptions<Values> = { readonly [Name in keyof Values]?: Values[Name] | undefined };

/** The fields of a config with the given values. */
export type ConfigFieldsOf<Values> = { readonly [Name in keyof Values]: ConfigField<Values[Name]> };

/**
 * Checks the order of the noise levels. A null level is skipped, since it comes from the betas.
 *
 * @param subject - The scheduler or the file, for the error message.
 * @throws InvalidConfigError if `sigmaMin` is above `sigmaMax`.
 */
export function requireSigmaOrder(
  subject: string,
  { sigmaMin, sigmaMax }: { readonly sigmaMin: number | null; readonly sigmaMax: number | null },
): void {
  if (sigmaMin === null || sigmaMax === null || sigmaMin <= sigmaMax) return;
  throw new InvalidConfigError({
    subject,
    found: `sigma_min ${sigmaMin} above sigma_max ${sigmaMax}`,
    expected: "sigma_min at most sigma_max",
    remedy: "Correct one of the two.",
  });
}

/**
 * Checks the rules that involve several fields.
 *
 * @param subject - The scheduler or the file, for error messages.
 * @throws InvalidConfigError if the fields contradict each other.
 */
export type ConfigRule<Values> = (subject: string, config: Values) => void;

/** The fields of a scheduler, and a rule that involves several of them. */
export class SchedulerSchema<Fields extends ConfigFields> extends ConfigSchema<Fields> {
  readonly #rule: ConfigRule<ConfigValues<Fields>> | undefined;

  constructor(className: string, fields: Fields, rule?: ConfigRule<ConfigValues<Fields>>) {
    super(className, fields);
    this.#rule = rule;
  }

  protected override check(subject: string, config: ConfigValues<Fields>): void {
    requireLimits(subject, config);
    this.#rule?.(subject, config);
  }

  /**
   * As in diffusers, entries that belong to the class named in the file, or to a compatible class, are kept without a
   * warning. The table of these entries is only loaded if there is one, so the warning appears slightly later.
   */
  protected override warnOfUnknown(names: readonly string[], writtenBy: PythonJson, source: string): void {
    void import("./unexpected-attributes.ts")
      .then(
        ({ unexpectedAttributes }) => unexpectedAttributes(names, relativesOf(this.className), writtenBy),
        () => names,
      )
      .then((unexpected) => this.warnOf(unexpected, source));
  }
}
