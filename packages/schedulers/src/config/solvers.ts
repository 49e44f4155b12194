import {
  type ConfigField,
  enumField,
  floatField,
  InvalidConfigError,
  integerField,
  nullableField,
  PythonFloat,
} from "@onestep/core";
import { type BetaConfig, betaFields, commonBetaSchedules, requireBetaCount } from "../betas.ts";
import {
  type SolverPredictionType,
  solverPredictionTypes,
  type ThresholdingConfig,
  thresholdingFields,
} from "../predictions.ts";
import {
  isConverted,
  requireOneConversion,
  type SigmaConversionConfig,
  sigmaConversionFields,
} from "../sigmas.ts";
import { type SpacingConfig, spacingFields } from "../timesteps.ts";
import { aliasedEnumField, narrowedField, positiveField, truthField } from "./fields.ts";
import type { ConfigFieldsOf } from "./schema.ts";

/** The configuration shared by the solvers of the diffusion ODE: DPM-Solver, DEIS, UniPC. */
export interface SolverConfig
  extends BetaConfig<"linear" | "scaled_linear" | "squaredcos_cap_v2">,
    ThresholdingConfig,
    SigmaConversionConfig,
    SpacingConfig {
  /** The order of the solver: how many model outputs a step uses, 1 to 10; 2 by default. */
  readonly solverOrder: number;
  /** What the model predicts; `"epsilon"` by default. */
  readonly predictionType: SolverPredictionType;
  /** Whether to lower the order of the last steps, which stabilizes short runs. */
  readonly lowerOrderFinal: boolean;
  /** Whether to use flow matching noise levels, 0 to 1, with signal weight 1 − σ; false by default. */
  readonly useFlowSigmas: boolean;
  /** How far the flow matching levels are shifted towards more noise; above 0, 1 (no shift) by default. */
  readonly flowShift: number;
  /** Whether each run sets its own shift, as `mu`; false by default. */
  readonly useDynamicShifting: boolean;
  /** How the shift is computed from `mu`; `"exponential"` by default. */
  readonly timeShiftType: "exponential" | "linear";
}

/** The fields of {@link SolverConfig}. */
export function solverFields(): ConfigFieldsOf<SolverConfig> {
  return {
    ...betaFields(commonBetaSchedules, "linear"),
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
 * Checks the rules that involve several fields of {@link SolverConfig}.
 *
 * @param subject - The scheduler or the file, for error messages.
 * @throws InvalidConfigError if the fields contradict each other.
 */
export function requireSolverConfig(subject: string, config: BetaConfig & SigmaConversionConfig): void {
  requireBetaCount(subject, config);
  requireOneConversion(subject, config);
}

/**
 * Checks that flow matching is not combined with Karras, exponential or beta sigmas, which are outside its range.
 *
 * @param subject - The scheduler or the file, for the error message.
 * @throws InvalidConfigError if it is.
 */
export function requireUnconvertedFlow(
  subject: string,
  config: SigmaConversionConfig & Pick<SolverConfig, "useFlowSigmas">,
): void {
  if (!config.useFlowSigmas || !isConverted(config)) return;
  throw new InvalidConfigError({
    subject,
    found: "use_flow_sigmas with Karras, exponential or beta sigmas",
    expected: "one or the other",
    remedy: "Set use_flow_sigmas, or the field of the others, to false.",
  });
}

/** The order of a solver: 1 to 10, 2 by default. */
export function solverOrderField(): ConfigField<number> {
  const accepts = (value: number) => value >= 1 && value <= 10;
  return narrowedField(integerField(2), "a whole number from 1 to 10", accepts);
}

/** The configuration shared by `DPMSolverMultistepScheduler` and `DPMSolverSinglestepScheduler`. */
export interface DPMSolverConfig<Algorithm extends DPMSolverAlgorithm = DPMSolverAlgorithm>
  extends Omit<SolverConfig, keyof SpacingConfig> {
  /**
   * The algorithm. `"dpmsolver++"` (the default) works with predictions of the clean sample, `"dpmsolver"` with
   * predictions of the noise; the `"sde-"` variants add fresh noise in each step. `"deis"` is read as the default.
   */
  readonly algorithmType: Algorithm;
  /**
   * The variant of the second-order solver; `"midpoint"` by default. Types of DEIS and UniPC are read as `"midpoint"`.
   */
  readonly solverType: "midpoint" | "heun";
  /** The final noise level of a run: 0, or the lowest training level; `"zero"` by default. */
  readonly finalSigmasType: "zero" | "sigma_min";
  /**
   * The lowest λ (half the log signal-to-noise ratio) at which a run may begin: timesteps below it are left out, for
   * stability with `"squaredcos_cap_v2"`, where −5.1 is common. −∞ (no clipping) by default.
   */
  readonly lambdaMinClipped: number;
  /**
   * `"learned"` or `"learned_range"` if the model also predicts a variance after the noise, which is dropped; null by
   * default. DDPM's other variance types are ignored.
   */
  readonly varianceType:
    | "learned"
    | "learned_range"
    | "fixed_small"
    | "fixed_small_log"
    | "fixed_large"
    | "fixed_large_log"
    | null;
}

/** The fields of {@link DPMSolverConfig}. */
export function dpmSolverFields<const Algorithm extends DPMSolverAlgorithm>(
  algorithms: readonly Algorithm[],
  defaultAlgorithm: NoInfer<Algorithm>,
): ConfigFieldsOf<DPMSolverConfig<Algorithm>> {
  const { timestepSpacing: _spacing, stepsOffset: _offset, ...fields } = solverFields();
  return {
    ...fields,
    algorithmType: aliasedEnumField<Algorithm>(algorithms, defaultAlgorithm, { deis: defaultAlgorithm }),
    solverType: dpmSolverTypeField(),
    finalSigmasType: enumField(["zero", "sigma_min"], "zero"),
    lambdaMinClipped: floatField(new PythonFloat(Number.NEGATIVE_INFINITY)),
    varianceType: nullableField(
      enumField(
        ["learned", "learned_range", "fixed_small", "fixed_small_log", "fixed_large", "fixed_large_log"],
        "learned",
      ),
    ),
  };
}

/** The variant of the second-order solver. */
export function dpmSolverTypeField(): ConfigField<"midpoint" | "heun"> {
  return aliasedEnumField(["midpoint", "heun"], "midpoint", {
    logrho: "midpoint",
    bh1: "midpoint",
    bh2: "midpoint",
  });
}

/**
 * Checks the rules that involve several fields of {@link DPMSolverConfig}.
 *
 * @param subject - The scheduler or the file, for error messages.
 * @throws InvalidConfigError if the fields contradict each other.
 */
export function requireDPMSolverConfig(subject: string, config: DPMSolverConfig): void {
  requireSolverConfig(subject, config);
  requireUnconvertedFlow(subject, config);
  const { algorithmType, finalSigmasType, predictionType } = config;
  if (stepsWithOriginals(algorithmType)) return;
  if (finalSigmasType === "zero") {
    throw new InvalidConfigError({
      subject,
      found: `final_sigmas_type zero with algorithm_type ${algorithmType}`,
      expected: "final_sigmas_type sigma_min where the solver steps with predictions of noise",
      remedy: "Set it to sigma_min.",
    });
  }
  if (predictionType === "flow_prediction") {
    throw new InvalidConfigError({
      subject,
      found: `prediction_type flow_prediction with algorithm_type ${algorithmType}`,
      expected: "an algorithm_type that ends in ++ where the model predicts flows",
      remedy: "Set it to dpmsolver++.",
    });
  }
}

/** Whether the algorithm works with predictions of the clean sample. */
function stepsWithOriginals(algorithm: DPMSolverAlgorithm): boolean {
  return algorithm === "dpmsolver++" || algorithm === "sde-dpmsolver++";
}

/**
 * The DPM-Solver algorithms: the two with `++` work with predictions of the clean sample, the others with predictions
 * of the noise.
 */
export type DPMSolverAlgorithm = "dpmsolver" | "dpmsolver++" | "sde-dpmsolver" | "sde-dpmsolver++";
