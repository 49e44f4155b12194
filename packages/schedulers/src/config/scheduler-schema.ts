import { type ConfigFields, ConfigSchema, type ConfigValues, type PythonJson } from "@onestep/core";
import { requireLimits } from "../predictions/limit-sample.ts";

/**
 * Checks what no field can check by itself.
 *
 * @param subject - The scheduler or the file, for messages.
 * @throws InvalidConfigError where the fields contradict each other.
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
   * As diffusers: entries that the class in the file has, or a compatible class, are kept without a word. Which those
   * are is a table that is loaded when there is such an entry, so the warning comes a little later.
   */
  protected override warnOfUnknown(names: readonly string[], writtenBy: PythonJson, source: string): void {
    void import("./unexpected-attributes.ts")
      .then(
        ({ unexpectedAttributes }) => unexpectedAttributes(names, this.className, writtenBy),
        () => names,
      )
      .then((unexpected) => this.warnOf(unexpected, source));
  }
}
