import {
  type Config,
  ConfigSchema,
  createConfig,
  enumField,
  isJsonObject,
  type PythonJson,
  readConfigRecord,
} from "@onestep/core";
import { nonZeroField, positiveField, timestepCountField } from "./config/narrowed-field.ts";
import { type ConfigFieldsOf, type ConfigOptions, createSchedulerConfig } from "./config/scheduler-config.ts";

/** The configuration of an `EDMEulerScheduler`. */
export interface EDMEulerSchedulerConfig {
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
  /** The noise level that a run ends at; `"zero"` by default. */
  readonly finalSigmasType: "zero" | "sigma_min";
  /**
   * What a timestep, `0.25 · ln σ`, is multiplied with for the model; above 0, 1 by default, as in diffusers, which
   * has no such field. UNets of the consistency model family, their EDM teachers among them, were trained on 1000.
   *
   * A config made from that of a `CMStochasticIterativeScheduler` has 1000. Saved only where it is not 1; it does not
   * travel to schedulers of another class.
   */
  readonly timestepScale: number;
}

/** What the constructor of an `EDMEulerScheduler` takes. */
export type EDMEulerSchedulerOptions = ConfigOptions<EDMEulerSchedulerConfig>;

/** Fields and defaults of diffusers' `schedulers/scheduling_edm_euler.py`, and `timestepScale`. */
export const edmEulerSchema: ConfigSchema<ConfigFieldsOf<EDMEulerSchedulerConfig>> = new ConfigSchema(
  "EDMEulerScheduler",
  {
    sigmaMin: positiveField(0.002),
    sigmaMax: positiveField(80),
    sigmaData: positiveField(0.5),
    sigmaSchedule: enumField(["karras", "exponential"], "karras"),
    numTrainTimesteps: timestepCountField(1000),
    predictionType: enumField(["epsilon", "v_prediction"], "epsilon"),
    rho: nonZeroField(7),
    finalSigmasType: enumField(["zero", "sigma_min"], "zero"),
    timestepScale: positiveField(1),
  },
);

const scaleName = "timestep_scale";
const consistencyClassName = "CMStochasticIterativeScheduler";
const consistencyTimestepScale = 1000;

/**
 * The config that an `EDMEulerScheduler` is made of.
 *
 * @param config - The config of a scheduler of this class or another, the content of a JSON file, or options.
 * @throws InvalidArgumentError, InvalidConfigError
 */
export function createEDMEulerConfig(
  config: object,
  options: EDMEulerSchedulerOptions = {},
): Config<EDMEulerSchedulerConfig> {
  const timestepScale = options.timestepScale ?? findTimestepScale(config);
  return keepScaleToClass(createSchedulerConfig(edmEulerSchema, config, { ...options, timestepScale }));
}

/**
 * The config in the content of a `scheduler_config.json`, whichever class saved it.
 *
 * @throws InvalidConfigError where the document is not an object, or a field is out of range.
 */
export function readEDMEulerConfig(document: PythonJson, source: string): Config<EDMEulerSchedulerConfig> {
  const timestepScale = isJsonObject(document) ? findTimestepScale(document) : undefined;
  const options = timestepScale === undefined ? {} : { timestepScale };
  return keepScaleToClass(edmEulerSchema.fromJson(document, source, options));
}

/** The scale that a config of another scheduler implies, or that one of this class has. */
function findTimestepScale(config: object): number | undefined {
  if (typeof config !== "object" || config === null) return undefined;
  const record = readConfigRecord(config);
  if (record?.className === edmEulerSchema.className) {
    return (config as EDMEulerSchedulerConfig).timestepScale;
  }
  const className = record === undefined ? Reflect.get(config, "_class_name") : record.className;
  const isSet = record === undefined ? Object.hasOwn(config, scaleName) : record.entries.has(scaleName);
  return className === consistencyClassName && !isSet ? consistencyTimestepScale : undefined;
}

/** Leaves a scale of 1 out of the file, so that it is the one Python writes, and any scale out of other classes. */
function keepScaleToClass(config: Config<EDMEulerSchedulerConfig>): Config<EDMEulerSchedulerConfig> {
  const record = readConfigRecord(config);
  if (record === undefined) return config;
  const entries = new Map(record.entries);
  if (config.timestepScale === 1) entries.delete(scaleName);
  return createConfig(
    { ...config },
    {
      className: record.className,
      entries,
      defaulted: new Set([...record.defaulted, scaleName]),
    },
  );
}
