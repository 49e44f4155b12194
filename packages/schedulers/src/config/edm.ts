import {
  type Config,
  type ConfigField,
  type ConfigFields,
  type ConfigValues,
  enumField,
  floatField,
  PythonFloat,
  type PythonJson,
} from "@onestep/core";
import { createConfig, isJsonObject, readConfigRecord } from "@onestep/core/internal";
import {
  finiteField,
  narrowedField,
  nonZeroField,
  positiveField,
  timestepCountField,
  truthField,
} from "./fields.ts";
import {
  type ConfigFieldsOf,
  type ConfigOptions,
  type ConfigRule,
  requireSigmaOrder,
  SchedulerSchema,
} from "./schema.ts";

/** The configuration shared by the schedulers for EDM models. */
export interface EDMConfig {
  /** The lowest noise level, above 0; 0.002 by default. */
  readonly sigmaMin: number;
  /** The highest noise level, above 0; 80 by default. */
  readonly sigmaMax: number;
  /** Standard deviation of the data, above 0; 0.5 by default. */
  readonly sigmaData: number;
  /** How the noise levels are spaced: `"karras"` by default. */
  readonly sigmaSchedule: "karras" | "exponential";
  /** How many timesteps the model was trained with, 1 to 1,000,000; 1000 by default. */
  readonly numTrainTimesteps: number;
  /** What the model predicts; `"epsilon"` by default. */
  readonly predictionType: "epsilon" | "v_prediction";
  /** Curvature of the Karras schedule, not 0; 7 by default. */
  readonly rho: number;
  /** The final noise level of a run; `"zero"` by default. */
  readonly finalSigmasType: "zero" | "sigma_min";
  /**
   * Multiplier that turns `0.25 · ln σ` into the timestep passed to the model; above 0, 1 by default. diffusers has no
   * such field and always uses 1. UNets of the consistency model family, including their EDM teachers, were trained
   * with 1000.
   *
   * A config created from the config of a `CMStochasticIterativeScheduler` has 1000. Saved only if it is not 1, and
   * carried over only to other schedulers for EDM models.
   */
  readonly timestepScale: number;
}

/** The fields of {@link EDMConfig}. */
export function edmFields(): ConfigFieldsOf<EDMConfig> {
  return {
    sigmaMin: positiveField(0.002),
    sigmaMax: positiveField(80),
    sigmaData: positiveField(0.5),
    sigmaSchedule: enumField(["karras", "exponential"], "karras"),
    numTrainTimesteps: timestepCountField(1000),
    predictionType: enumField(["epsilon", "v_prediction"], "epsilon"),
    rho: nonZeroField(7),
    finalSigmasType: enumField(["zero", "sigma_min"], "zero"),
    timestepScale: positiveField(1),
  };
}

const scaleName = "timestep_scale";
const consistencyClassName = "CMStochasticIterativeScheduler";
const consistencyTimestepScale = 1000;

/** The fields of a scheduler for EDM models. Also handles what the config of a consistency model implies. */
export class EDMSchema<
  Fields extends ConfigFields & ConfigFieldsOf<EDMConfig>,
> extends SchedulerSchema<Fields> {
  constructor(className: string, fields: Fields, rule?: ConfigRule<ConfigValues<Fields>>) {
    super(className, fields, (subject, config) => {
      requireSigmaOrder(subject, config as unknown as EDMConfig);
      rule?.(subject, config);
    });
  }

  /** @throws InvalidConfigError if the document is not an object, a field is invalid, or the rule is broken. */
  override fromJson(
    document: PythonJson,
    source: string,
    overrides: ConfigOptions<ConfigValues<Fields>> = {},
  ): Config<ConfigValues<Fields>> {
    const scale = isJsonObject(document) ? findTimestepScale(document) : undefined;
    return keepScaleToFamily(super.fromJson(document, source, withScale(overrides, scale)));
  }

  /** @throws InvalidArgumentError, InvalidConfigError */
  override fromConfig(
    config: object,
    overrides: ConfigOptions<ConfigValues<Fields>> = {},
  ): Config<ConfigValues<Fields>> {
    return keepScaleToFamily(super.fromConfig(config, withScale(overrides, findTimestepScale(config))));
  }
}

/** The timestep scale implied by the config of another scheduler, or set in a config of this family. */
function findTimestepScale(config: object): number | undefined {
  if (typeof config !== "object" || config === null) return undefined;
  const record = readConfigRecord(config);
  const scale: unknown = record === undefined ? undefined : Reflect.get(config, "timestepScale");
  if (typeof scale === "number") return scale;
  const className = record === undefined ? Reflect.get(config, "_class_name") : record.className;
  const isSet = record === undefined ? Object.hasOwn(config, scaleName) : record.entries.has(scaleName);
  return className === consistencyClassName && !isSet ? consistencyTimestepScale : undefined;
}

function withScale<Overrides extends object>(
  overrides: Overrides,
  timestepScale: number | undefined,
): Overrides {
  if (timestepScale === undefined || Reflect.get(overrides, "timestepScale") !== undefined) return overrides;
  return { ...overrides, timestepScale };
}

/**
 * Omits a scale of 1 from the file, so that it equals the file Python writes, and keeps the scale out of other
 * families.
 */
function keepScaleToFamily<Values extends object>(config: Config<Values>): Config<Values> {
  const record = readConfigRecord(config);
  if (record === undefined) return config;
  const entries = new Map(record.entries);
  if (Reflect.get(config, "timestepScale") === 1) entries.delete(scaleName);
  return createConfig(
    { ...config },
    { className: record.className, entries, defaulted: new Set([...record.defaulted, scaleName]) },
  ) as Config<Values>;
}

/** The configuration shared by the samplers of OpenAI's consistency models. */
export interface EDMSamplerConfig extends EDMConfig {
  /**
   * The final noise level: zero, or `sigmaMin`; `"zero"` by default. With `sigmaMin`, the schedule has one more level,
   * so the number of steps stays the same.
   */
  readonly finalSigmasType: "zero" | "sigma_min";
  /** Whether to clamp predictions of the clean sample, and the final sample of a run, to [−1, 1]; true by default. */
  readonly clipDenoised: boolean;
}

/** The fields of {@link EDMSamplerConfig}. */
export function edmSamplerFields(): ConfigFieldsOf<EDMSamplerConfig> {
  return { ...edmFields(), clipDenoised: truthField(true) };
}

/** How much noise the steps of a run add before denoising: Karras et al. 2022, algorithm 2. */
export interface ChurnConfig {
  /** The total amount of noise to add over a run (churn), at least 0; 0 (none) by default. */
  readonly sChurn: number;
  /** The lowest noise level at which noise is added; 0 by default. */
  readonly sTmin: number;
  /** The highest noise level at which noise is added; infinity by default. */
  readonly sTmax: number;
  /** Multiplier for the added noise; 1 by default. */
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
