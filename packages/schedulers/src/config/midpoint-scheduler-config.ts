import { enumField } from "@onestep/core";
import { type BetaConfig, betaFields, requireBetaCount } from "../betas/beta-fields.ts";
import {
  requireOneConversion,
  type SigmaConversionConfig,
  sigmaConversionFields,
} from "../sigmas/sigma-conversion.ts";
import { type SpacingConfig, spacingFields } from "../timesteps/spacing-fields.ts";
import type { ConfigFieldsOf } from "./scheduler-config.ts";

/** The configuration that `KDPM2DiscreteScheduler` and `KDPM2AncestralDiscreteScheduler` share. */
export interface MidpointSchedulerConfig
  extends BetaConfig<"linear" | "scaled_linear" | "squaredcos_cap_v2">,
    SigmaConversionConfig,
    SpacingConfig {
  /** What the model predicts; `"epsilon"` by default. */
  readonly predictionType: "epsilon" | "v_prediction";
}

/** The fields of {@link MidpointSchedulerConfig}. */
export function midpointSchedulerFields(): ConfigFieldsOf<MidpointSchedulerConfig> {
  return {
    ...betaFields(["linear", "scaled_linear", "squaredcos_cap_v2"], "linear", [0.00085, 0.012]),
    ...sigmaConversionFields(),
    predictionType: enumField(["epsilon", "v_prediction"], "epsilon"),
    ...spacingFields("linspace"),
  };
}

/**
 * Checks what no field of {@link MidpointSchedulerConfig} can check by itself.
 *
 * @param subject - The scheduler or the file, for messages.
 * @throws InvalidConfigError where the fields contradict each other.
 */
export function requireMidpointConfig(subject: string, config: MidpointSchedulerConfig): void {
  requireBetaCount(subject, config);
  requireOneConversion(subject, config);
}
