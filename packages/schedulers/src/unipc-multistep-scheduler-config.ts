import {
  type ConfigField,
  enumField,
  InvalidConfigError,
  integerField,
  listField,
  nullableField,
} from "@onestep/core";
import { aliasedEnumField } from "./config/aliased-enum-field.ts";
import { fractionField, narrowedField, positiveField } from "./config/narrowed-field.ts";
import { type ConfigFieldsOf, type ConfigOptions, requireSigmaOrder } from "./config/scheduler-config.ts";
import {
  requireSolverConfig,
  requireUnconvertedFlow,
  type SolverConfig,
  solverFields,
} from "./config/solver-config.ts";
import { truthField } from "./config/truth-field.ts";
import type { UniPCScale } from "./sigmas/unipc-coefficients.ts";

/** The configuration of a `UniPCMultistepScheduler`. */
export interface UniPCMultistepSchedulerConfig extends SolverConfig {
  /** Whether the solver steps with predictions of the clean sample, and not of the noise; true by default. */
  readonly predictX0: boolean;
  /** The variant: `"bh2"` by default, `"bh1"` for few steps without guidance. Those of other solvers are taken for bh2. */
  readonly solverType: UniPCScale;
  /** The indices of the steps that are not corrected afterwards; none by default. */
  readonly disableCorrector: readonly number[];
  /** Always null: a scheduler in the place of the predictor, which diffusers takes, is not supported. */
  readonly solverP: null;
  /** The noise level that a run ends at: 0 or the lowest of training; `"zero"` by default. */
  readonly finalSigmasType: "zero" | "sigma_min";
  /** Whether the betas are rescaled so that nothing of the signal is left at the last timestep; false by default. */
  readonly rescaleBetasZeroSnr: boolean;
  /** The lowest noise level where the levels are spread anew, above 0; null by default: that of training. */
  readonly sigmaMin: number | null;
  /** The highest noise level where the levels are spread anew, above 0; null by default: that of training. */
  readonly sigmaMax: number | null;
  /** The last noise level that those of flow matching are stretched to, 0 to 1; null by default: they are not. */
  readonly shiftTerminal: number | null;
}

/** What the constructor of a `UniPCMultistepScheduler` takes. */
export type UniPCMultistepSchedulerOptions = ConfigOptions<UniPCMultistepSchedulerConfig>;

/** The fields of {@link UniPCMultistepSchedulerConfig}, with the defaults of diffusers. */
export function unipcFields(): ConfigFieldsOf<UniPCMultistepSchedulerConfig> {
  return {
    ...solverFields(),
    predictX0: truthField(true),
    solverType: aliasedEnumField(["bh1", "bh2"], "bh2", { midpoint: "bh2", heun: "bh2", logrho: "bh2" }),
    disableCorrector: listField(
      narrowedField(integerField(0), "a whole number, at least 0", (value) => value >= 0),
      [],
    ),
    solverP: nullField(),
    finalSigmasType: enumField(["zero", "sigma_min"], "zero"),
    rescaleBetasZeroSnr: truthField(false),
    sigmaMin: nullableField(positiveField(1)),
    sigmaMax: nullableField(positiveField(1)),
    shiftTerminal: nullableField(fractionField(0)),
  };
}

/**
 * Checks what no field of {@link UniPCMultistepSchedulerConfig} can check by itself.
 *
 * @param subject - The scheduler or the file, for messages.
 * @throws InvalidConfigError where the fields contradict each other.
 */
export function requireUniPCConfig(subject: string, config: UniPCMultistepSchedulerConfig): void {
  requireSolverConfig(subject, config);
  requireSigmaOrder(subject, config);
  // Karras levels are brought into the range of flow matching; others are not.
  if (!config.useKarrasSigmas) requireUnconvertedFlow(subject, config);
  if (config.shiftTerminal !== null && !config.useFlowSigmas) {
    throw new InvalidConfigError({
      subject,
      found: `shift_terminal ${config.shiftTerminal} without use_flow_sigmas`,
      expected: "both, or neither",
      remedy: "Set use_flow_sigmas to true, or shift_terminal to null.",
    });
  }
  if (!config.predictX0 && config.predictionType === "flow_prediction") {
    throw new InvalidConfigError({
      subject,
      found: "predict_x0 false with prediction_type flow_prediction",
      expected: "predict_x0 true where the model predicts flows",
      remedy: "Set it to true.",
    });
  }
}

function nullField(): ConfigField<null> {
  const read = (value: unknown): null | undefined => (value === null ? null : undefined);
  return { description: "null", defaultJson: null, read, write: read };
}
