import { type ConfigField, floatField, PythonFloat } from "@onestep/core";
import { type EDMConfig, edmFields } from "./edm-config.ts";
import { finiteField, narrowedField } from "./narrowed-field.ts";
import type { ConfigFieldsOf } from "./scheduler-config.ts";
import { truthField } from "./truth-field.ts";

/** The configuration that the samplers of OpenAI's consistency models share. */
export interface EDMSamplerConfig extends EDMConfig {
  /**
   * The noise level that a run ends at: none, or `sigmaMin`, which is then the last of one level more, so that the
   * number of steps is the same; `"zero"` by default.
   */
  readonly finalSigmasType: "zero" | "sigma_min";
  /** Whether predictions of the clean sample, and the sample at the end of a run, are clamped to [−1, 1]; true by default. */
  readonly clipDenoised: boolean;
}

/** The fields of {@link EDMSamplerConfig}. */
export function edmSamplerFields(): ConfigFieldsOf<EDMSamplerConfig> {
  return { ...edmFields(), clipDenoised: truthField(true) };
}

/** How much noise the steps of a run add before they take noise away: Karras et al. 2022, algorithm 2. */
export interface ChurnConfig {
  /** Noise to add over the whole run, at least 0; 0 by default: none. */
  readonly sChurn: number;
  /** The lowest noise level at which noise is added; 0 by default. */
  readonly sTmin: number;
  /** The highest noise level at which noise is added; infinity by default. */
  readonly sTmax: number;
  /** What the added noise is multiplied with; 1 by default. */
  readonly sNoise: number;
}

/** The fields of {@link ChurnConfig}. */
export function churnFields(): ConfigFieldsOf<ChurnConfig> {
  return {
    sChurn: atLeastZero(0),
    sTmin: atLeastZero(0),
    sTmax: atLeastZero(Number.POSITIVE_INFINITY),
    sNoise: finiteField(1),
  };
}

function atLeastZero(defaultValue: number): ConfigField<number> {
  const field = floatField(new PythonFloat(defaultValue));
  return narrowedField(field, "a number, at least 0", (value) => value >= 0);
}
