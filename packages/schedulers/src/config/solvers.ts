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
 * Checks that the config asks for one kind of sigmas: Karras, exponential and beta sigmas are outside the range of flow
 * matching.
 *
 * @param subject - The scheduler or the file, for the error message.
 * @throws InvalidConfigError if they are.
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

/** The configuration that `DPMSolverMultistepScheduler` and `DPMSolverSinglestepScheduler` share. */
export interface DPMSolverConfig<Algorithm extends DPMSolverAlgorithm = DPMSolverAlgorithm>
  extends Omit<SolverConfig, keyof SpacingConfig> {
  /**
   * The algorithm: `"dpmsolver++"` by default, which steps with predictions of the clean sample; `"dpmsolver"` with
   * those of the noise; `"sde-"` adds fresh noise in each step. `"deis"` is taken for the default.
   */
  readonly algorithmType: Algorithm;
  /** The variant of second order; `"midpoint"` by default. Those of DEIS and UniPC are taken for it. */
  readonly solverType: "midpoint" | "heun";
  /** The final noise level of a run: 0, or the lowest training level; `"zero"` by default. */
  readonly finalSigmasType: "zero" | "sigma_min";
  /**
   * The lowest logarithm of signal to noise that a run begins at: timesteps below it are left out, for stability with
   * `"squaredcos_cap_v2"`, where −5.1 is usual. −∞ by default: none is.
   */
  readonly lambdaMinClipped: number;
  /**
   * `"learned"` or `"learned_range"` where the model predicts a variance behind the noise, which is left out; null by
   * default. Those of DDPM are ignored.
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

/** The variant of second order. */
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

/** Whether the algorithm steps with predictions of the clean sample. */
function stepsWithOriginals(algorithm: DPMSolverAlgorithm): boolean {
  return algorithm === "dpmsolver++" || algorithm === "sde-dpmsolver++";
}

/**
 * Which of the algorithms of DPM-Solver: the two with `++` step with predictions of the clean sample, the others of
 * noise.
 */
export type DPMSolverAlgorithm = "dpmsolver" | "dpmsolver++" | "sde-dpmsolver" | "sde-dpmsolver++";
