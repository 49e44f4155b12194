import { type ConfigField, InvalidConfigError } from "@onestep/core";

/** Options that make a config: every field may be left out, or be `undefined`, for its default. */
export type ConfigOptions<Values> = { readonly [Name in keyof Values]?: Values[Name] | undefined };

/** The fields of a config with these values. */
export type ConfigFieldsOf<Values> = { readonly [Name in keyof Values]: ConfigField<Values[Name]> };

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
