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

/** Options that make a config: every field may be left out, or be `undefined`, for its default. */
export type ConfigOptions<Values> = { readonly [Name in keyof Values]?: Values[Name] | undefined };

/** The fields of a config with these values. */
export type ConfigFieldsOf<Values> = { readonly [Name in keyof Values]: ConfigField<Values[Name]> };

/**
 * Checks the rules that involve several fields. A level that is null is left to the betas.
 *
 * @param subject - The scheduler or the file, for the error message.
 * @throws InvalidConfigError if the noise levels run the wrong way.
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

/** The fields of a scheduler and the rule that they keep together. */
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
   * As in diffusers, entries that the class in the file has, or a compatible class, are kept without a warning. The
   * table of these is loaded when there is such an entry, so the warning comes a little later.
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
