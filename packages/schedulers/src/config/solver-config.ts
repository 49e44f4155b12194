import { type ConfigField, enumField, InvalidConfigError, integerField } from "@onestep/core";
import { type BetaConfig, betaFields, requireBetaCount } from "../betas/beta-fields.ts";
import { type SolverPredictionType, solverPredictionTypes } from "../predictions/predict-from-signal.ts";
import { type ThresholdingConfig, thresholdingFields } from "../predictions/thresholding-fields.ts";
import {
  isConverted,
  requireOneConversion,
  type SigmaConversionConfig,
  sigmaConversionFields,
} from "../sigmas/sigma-conversion.ts";
import { type SpacingConfig, spacingFields } from "../timesteps/spacing-fields.ts";
import { narrowedField, positiveField } from "./narrowed-field.ts";
import type { ConfigFieldsOf } from "./scheduler-config.ts";
import { truthField } from "./truth-field.ts";

/** The configuration that the solvers of the diffusion ODE share: DPM-Solver, DEIS, UniPC. */
export interface SolverConfig
  extends BetaConfig<"linear" | "scaled_linear" | "squaredcos_cap_v2">,
    ThresholdingConfig,
    SigmaConversionConfig,
    SpacingConfig {
  /** The order of the solver: how many of the model's outputs a step takes into account, 1 to 10; 2 by default. */
  readonly solverOrder: number;
  /** What the model predicts; `"epsilon"` by default. */
  readonly predictionType: SolverPredictionType;
  /** Whether the last steps of a run are of a lower order, which makes short runs stable. */
  readonly lowerOrderFinal: boolean;
  /** Whether the noise levels are those of flow matching, 0 to 1, the signal being 1 − σ; false by default. */
  readonly useFlowSigmas: boolean;
  /** The shift of the levels of flow matching towards more noise; above 0, 1 by default: none. */
  readonly flowShift: number;
  /** Whether that shift is given with each run, as `mu`; false by default. */
  readonly useDynamicShifting: boolean;
  /** How the shift follows from `mu`; `"exponential"` by default. */
  readonly timeShiftType: "exponential" | "linear";
}

/** The fields of {@link SolverConfig}. */
export function solverFields(): ConfigFieldsOf<SolverConfig> {
  return {
    ...betaFields(["linear", "scaled_linear", "squaredcos_cap_v2"], "linear"),
    solverOrder: solverOrderField(),
    predictionType: enumField(solverPredictionTypes, "epsilon"),
    ...thresholdingFields(),
    lowerOrderFinal: truthField(true),
    ...sigmaConversionFields(),
    useFlowSigmas: truthField(false),
    flowShift: positiveField(1),
    ...spacingFields("linspace"),
    useDynamicShifting: truthField(false),
    timeShiftType: enumField(["exponential", "linear"], "exponential"),
  };
}

/**
 * Checks what no field of {@link SolverConfig} can check by itself.
 *
 * @param subject - The scheduler or the file, for messages.
 * @throws InvalidConfigError where the fields contradict each other.
 */
export function requireSolverConfig(subject: string, config: BetaConfig & SigmaConversionConfig): void {
  requireBetaCount(subject, config);
  requireOneConversion(subject, config);
}

/**
 * Checks that the levels of flow matching are not spread anew, which would lead out of their range.
 *
 * @param subject - The scheduler or the file, for the message.
 * @throws InvalidConfigError where they are.
 */
export function requireUnconvertedFlow(
  subject: string,
  config: SigmaConversionConfig & Pick<SolverConfig, "useFlowSigmas">,
): void {
  if (!config.useFlowSigmas || !isConverted(config)) return;
  throw new InvalidConfigError({
    subject,
    found: "use_flow_sigmas with another spread of the levels",
    expected: "one or the other",
    remedy: "Set use_flow_sigmas, or the fields of the other spread, to false.",
  });
}

/** The order of a solver: 1 to 10, 2 by default. */
export function solverOrderField(): ConfigField<number> {
  const accepts = (value: number) => value >= 1 && value <= 10;
  return narrowedField(integerField(2), "a whole number from 1 to 10", accepts);
}
