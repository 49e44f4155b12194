import { enumField } from "@onestep/core";
import { type BetaConfig, betaFields } from "../betas/beta-fields.ts";
import { type ClippingConfig, clippingFields } from "../predictions/clipping-fields.ts";
import { type PredictionType, predictionTypes } from "../predictions/prediction-type.ts";
import { type ThresholdingConfig, thresholdingFields } from "../predictions/thresholding-fields.ts";
import { type SpacingConfig, spacingFields } from "../timesteps/spacing-fields.ts";
import { finiteField, timestepCountField } from "./narrowed-field.ts";
import type { ConfigFieldsOf } from "./scheduler-config.ts";
import { truthField } from "./truth-field.ts";

/** The configuration that the schedulers of distilled models share, `LCMScheduler` and `TCDScheduler`. */
export interface DistilledSchedulerConfig
  extends BetaConfig<"linear" | "scaled_linear" | "squaredcos_cap_v2">,
    ThresholdingConfig,
    ClippingConfig,
    SpacingConfig {
  /** How many timesteps the model was distilled with, of which a run takes some; 50 by default. */
  readonly originalInferenceSteps: number;
  /** Whether nothing of the noise is left before timestep 0; true by default. No step leads there. */
  readonly setAlphaToOne: boolean;
  /** What the model predicts; `"epsilon"` by default. */
  readonly predictionType: PredictionType;
  /** What timesteps are multiplied with where a consistency function follows from them; 10 by default. */
  readonly timestepScaling: number;
  /** Whether the betas are rescaled so that nothing of the signal is left at the last timestep; false by default. */
  readonly rescaleBetasZeroSnr: boolean;
}

/** The fields of {@link DistilledSchedulerConfig}. The spacing plays no part, as in diffusers. */
export function distilledSchedulerFields(): ConfigFieldsOf<DistilledSchedulerConfig> {
  return {
    ...betaFields(["linear", "scaled_linear", "squaredcos_cap_v2"], "scaled_linear", [0.00085, 0.012]),
    originalInferenceSteps: timestepCountField(50),
    ...clippingFields(false),
    setAlphaToOne: truthField(true),
    ...spacingFields("leading"),
    predictionType: enumField(predictionTypes, "epsilon"),
    ...thresholdingFields(),
    timestepScaling: finiteField(10),
    rescaleBetasZeroSnr: truthField(false),
  };
}
