import { InvalidConfigError } from "@onestep/core";
import { toSnakeCase } from "@onestep/core/internal";
import { type ConfigFieldsOf, requireSigmaOrder } from "../config/scheduler-config.ts";
import { truthField } from "../config/truth-field.ts";
import { betaSigmas } from "./beta-sigmas.ts";
import type { ExponentialSigmasOptions } from "./exponential-sigmas.ts";
import { karrasSigmas } from "./karras-sigmas.ts";
import { logSpacedSigmas } from "./log-spaced-sigmas.ts";
import { unitRamp } from "./unit-ramp.ts";

/** The fields of a config that give the noise levels another spread. At most one of them may be true. */
export interface SigmaConversionConfig {
  /** Whether the noise levels follow Karras et al. 2022 (arXiv:2206.00364), equation 5; false by default. */
  readonly useKarrasSigmas: boolean;
  /** Whether the logarithms of the noise levels are evenly spaced; false by default. */
  readonly useExponentialSigmas: boolean;
  /** Whether the noise levels follow a beta distribution (arXiv:2407.12173); false by default. */
  readonly useBetaSigmas: boolean;
}

const names = ["useKarrasSigmas", "useExponentialSigmas", "useBetaSigmas"] as const;

/** The fields of {@link SigmaConversionConfig}. */
export function sigmaConversionFields(): ConfigFieldsOf<SigmaConversionConfig> {
  return {
    useKarrasSigmas: truthField(false),
    useExponentialSigmas: truthField(false),
    useBetaSigmas: truthField(false),
  };
}

/** What Karras et al. use. */
const rho = 7;

/**
 * `count` noise levels as the config spreads them, in float64; `undefined` where it leaves them as they are.
 *
 * @param ends - The last and the first level.
 * @throws InvalidConfigError where the last is above the first: one of the two is of the config, and the other of the run.
 */
export function convertSigmas(
  config: SigmaConversionConfig,
  count: number,
  ends: ExponentialSigmasOptions,
): Float64Array | undefined {
  if (isConverted(config)) requireSigmaOrder("the noise levels of a run", ends);
  if (config.useKarrasSigmas) return karrasSigmas(unitRamp(count), { ...ends, rho });
  if (config.useExponentialSigmas) return logSpacedSigmas(count, ends);
  if (config.useBetaSigmas) return betaSigmas(count, ends);
  return undefined;
}

/** Whether the config gives the noise levels another spread. */
export function isConverted(config: SigmaConversionConfig): boolean {
  return names.some((name) => config[name]);
}

/**
 * Checks that the spread is said once.
 *
 * @param subject - The scheduler or the file, for the message.
 * @throws InvalidConfigError where more than one of the fields is true.
 */
export function requireOneConversion(subject: string, config: SigmaConversionConfig): void {
  const chosen = names.filter((name) => config[name]).map(toSnakeCase);
  if (chosen.length <= 1) return;
  throw new InvalidConfigError({
    subject,
    found: `${chosen.join(" and ")} at once`,
    expected: "at most one of them to be true",
    remedy: "Set the others to false.",
  });
}
