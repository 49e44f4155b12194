import {
  type Config,
  type ConfigField,
  type ConfigFields,
  type ConfigSchema,
  type ConfigValues,
  InvalidArgumentError,
  InvalidConfigError,
} from "@onestep/core";

/** Options that make a config: every field may be left out, or be `undefined`, for its default. */
export type ConfigOptions<Values> = { readonly [Name in keyof Values]?: Values[Name] | undefined };

/** The fields of a config with these values. */
export type ConfigFieldsOf<Values> = { readonly [Name in keyof Values]: ConfigField<Values[Name]> };

/**
 * The config that a scheduler is made of.
 *
 * @param config - The config of a scheduler of this class or another, the content of a JSON file, or options.
 * @throws InvalidArgumentError where `config` is not an object, or an option is unknown or of the wrong kind.
 * @throws InvalidConfigError where the content of a JSON file is wrong.
 */
export function createSchedulerConfig<Fields extends ConfigFields>(
  schema: ConfigSchema<Fields>,
  config: object,
  options: ConfigOptions<ConfigValues<Fields>> = {},
): Config<ConfigValues<Fields>> {
  for (const given of [config, options] as unknown[]) {
    if (typeof given === "object" && given !== null) continue;
    throw new InvalidArgumentError({
      subject: schema.className,
      found: given === null ? "null" : typeof given,
      expected: "a config or an object of options",
      remedy: "Pass `scheduler.config`; to load by name, call `fromPretrained`.",
    });
  }
  return schema.fromConfig(config, options as Partial<ConfigValues<Fields>>);
}

/**
 * Checks what no field can check by itself.
 *
 * @param subject - The scheduler or the file, for the message.
 * @throws InvalidConfigError where the noise levels run the wrong way.
 */
export function requireSigmaOrder(
  subject: string,
  config: { readonly sigmaMin: number; readonly sigmaMax: number },
): void {
  if (config.sigmaMin <= config.sigmaMax) return;
  throw new InvalidConfigError({
    subject,
    found: `sigma_min ${config.sigmaMin} above sigma_max ${config.sigmaMax}`,
    expected: "sigma_min at most sigma_max",
    remedy: "Correct one of the two.",
  });
}
