import {
  type Config,
  type ConfigFields,
  ConfigSchema,
  type ConfigValues,
  type PythonJson,
} from "@onestep/core";
import type { ConfigOptions } from "./scheduler-config.ts";

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

  /** @throws InvalidConfigError where the document is not an object, a field is wrong, or the rule is broken. */
  override fromJson(
    document: PythonJson,
    source: string,
    overrides: ConfigOptions<ConfigValues<Fields>> = {},
  ): Config<ConfigValues<Fields>> {
    const config = super.fromJson(document, source, overrides);
    this.#rule?.(source, config);
    return config;
  }

  /** @throws InvalidArgumentError, InvalidConfigError */
  override fromConfig(
    config: object,
    overrides: ConfigOptions<ConfigValues<Fields>> = {},
  ): Config<ConfigValues<Fields>> {
    const values = super.fromConfig(config, overrides);
    this.#rule?.(this.className, values);
    return values;
  }
}
