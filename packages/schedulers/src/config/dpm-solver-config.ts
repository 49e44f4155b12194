import {
  type ConfigField,
  enumField,
  floatField,
  InvalidConfigError,
  nullableField,
  PythonFloat,
} from "@onestep/core";
import type { DPMSolverAlgorithm } from "../sigmas/dpm-solver-weights.ts";
import type { SpacingConfig } from "../timesteps/spacing-fields.ts";
import { aliasedEnumField } from "./aliased-enum-field.ts";
import type { ConfigFieldsOf } from "./scheduler-config.ts";
import {
  requireSolverConfig,
  requireUnconvertedFlow,
  type SolverConfig,
  solverFields,
} from "./solver-config.ts";

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
  /** The noise level that a run ends at: 0 or the lowest of training; `"zero"` by default. */
  readonly finalSigmasType: "zero" | "sigma_min";
  /**
   * The lowest logarithm of signal to noise that a run begins at: timesteps below it are left out, for stability with
   * `"squaredcos_cap_v2"`, where −5.1 is usual. −∞ by default: none is.
   */
  readonly lambdaMinClipped: number;
  /**
   * `"learned"` or `"learned_range"` where the model predicts a variance behind the noise, which is left out; null by
   * default. Those of DDPM play no part.
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
 * Checks what no field of {@link DPMSolverConfig} can check by itself.
 *
 * @param subject - The scheduler or the file, for messages.
 * @throws InvalidConfigError where the fields contradict each other.
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
export function stepsWithOriginals(algorithm: DPMSolverAlgorithm): boolean {
  return algorithm === "dpmsolver++" || algorithm === "sde-dpmsolver++";
}

/** Whether the algorithm adds fresh noise in each step. */
export function addsNoise(algorithm: DPMSolverAlgorithm): boolean {
  return algorithm === "sde-dpmsolver++" || algorithm === "sde-dpmsolver";
}
