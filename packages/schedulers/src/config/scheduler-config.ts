import { type ConfigField, InvalidConfigError } from "@onestep/core";

/** Options that make a config: every field may be left out, or be `undefined`, for its default. */
export type ConfigOptions<Values> = { readonly [Name in keyof Values]?: Values[Name] | undefined };

/** The fields of a config with these values. */
export type ConfigFieldsOf<Values> = { readonly [Name in keyof Values]: ConfigField<Values[Name]> };

/**
 * Checks what no field can check by itself. A level that is null is left to the betas.
 *
 * @param subject - The scheduler or the file, for the message.
 * @throws InvalidConfigError where the noise levels run the wrong way.
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
