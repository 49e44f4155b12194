import { InvalidArgumentError, InvalidConfigError, nullableField, PythonFloat, Tensor } from "@onestep/core";
import { toSnakeCase } from "@onestep/core/internal";
import { fractionField, limitField, truthField } from "./config/fields.ts";
import type { ConfigFieldsOf } from "./config/schema.ts";
import * as float32 from "./float32.ts";

/**
 * What a model predicts: the noise in its input, the clean sample, or the velocity `√ᾱ · noise − √(1 − ᾱ) · sample`
 * (Salimans and Ho 2022, arXiv:2202.00512).
 */
export type PredictionType = "epsilon" | "sample" | "v_prediction";

/** Every {@link PredictionType}. */
export const predictionTypes: readonly PredictionType[] = ["epsilon", "sample", "v_prediction"];

/** The config fields that control clamping of predictions. */
export interface ClippingConfig {
  /** Whether to clamp predictions of the clean sample. Has no effect if they are thresholded. */
  readonly clipSample: boolean;
  /**
   * The clamping limit in both directions; above 0, 1 by default. Infinity disables clamping; null is only allowed if
   * `clipSample` is false.
   */
  readonly clipSampleRange: number | null;
}

/** The fields of {@link ClippingConfig}. */
export function clippingFields(clipSample: boolean): ConfigFieldsOf<ClippingConfig> {
  return { clipSample: truthField(clipSample), clipSampleRange: limitField(1) };
}

/** The config fields that control dynamic thresholding of predictions. */
export interface ThresholdingConfig {
  /** Whether to threshold predictions of the clean sample dynamically; false by default. */
  readonly thresholding: boolean;
  /**
   * The quantile of an item's absolute values used as its threshold, 0 to 1; 0.995 by default. Null is only allowed if
   * `thresholding` is false.
   */
  readonly dynamicThresholdingRatio: number | null;
  /** The maximum threshold; above 0, 1 by default. Null is only allowed if `thresholding` is false. */
  readonly sampleMaxValue: number | null;
}

/** The fields of {@link ThresholdingConfig}. */
export function thresholdingFields(): ConfigFieldsOf<ThresholdingConfig> {
  return {
    thresholding: truthField(false),
    dynamicThresholdingRatio: nullableField(fractionField(0.995), new PythonFloat(0.995)),
    sampleMaxValue: limitField(1),
  };
}

/**
 * The prediction of the clean sample. For `"epsilon"`, equation (15) of Ho et al. 2020 (arXiv:2006.11239).
 *
 * @param alphaProd - ᾱ of the timestep, a float32 number.
 */
export function predictOriginalSample(
  predictionType: PredictionType,
  sample: Tensor<"float32">,
  modelOutput: Tensor<"float32">,
  alphaProd: number,
): Tensor<"float32"> {
  const signal = float32.sqrt(alphaProd);
  const deviation = float32.sqrt(float32.sub(1, alphaProd));
  switch (predictionType) {
    case "epsilon":
      return sample.sub(modelOutput.mul(deviation)).div(signal);
    case "sample":
      return modelOutput;
    case "v_prediction":
      return sample.mul(signal).sub(modelOutput.mul(deviation));
  }
}

/**
 * The prediction of the noise in a sample.
 *
 * @param alphaProd - ᾱ of the timestep, a float32 number.
 */
export function predictNoise(
  predictionType: PredictionType,
  sample: Tensor<"float32">,
  modelOutput: Tensor<"float32">,
  alphaProd: number,
): Tensor<"float32"> {
  switch (predictionType) {
    case "epsilon":
      return modelOutput;
    case "sample":
      return noiseBeside(modelOutput, sample, alphaProd);
    case "v_prediction":
      return modelOutput
        .mul(float32.sqrt(alphaProd))
        .add(sample.mul(float32.sqrt(float32.sub(1, alphaProd))));
  }
}

/** The noise in a sample, given the clean sample: `(sample − √ᾱ · originalSample) / √(1 − ᾱ)`. */
export function noiseBeside(
  originalSample: Tensor<"float32">,
  sample: Tensor<"float32">,
  alphaProd: number,
): Tensor<"float32"> {
  const deviation = float32.sqrt(float32.sub(1, alphaProd));
  return sample.sub(originalSample.mul(float32.sqrt(alphaProd))).div(deviation);
}

/**
 * The prediction of the clean sample from a sample with noise of level `sigma` added to it (the signal is unscaled), in
 * float32.
 *
 * @param sigma - A float32 number.
 */
export function predictOriginalAtSigma(
  predictionType: PredictionType,
  sample: Tensor<"float32">,
  modelOutput: Tensor<"float32">,
  sigma: number,
): Tensor<"float32"> {
  switch (predictionType) {
    case "epsilon":
      return sample.sub(modelOutput.mul(sigma));
    case "sample":
      return modelOutput;
    case "v_prediction": {
      const variance = float32.add(float32.square(sigma), 1);
      return modelOutput.mul(float32.div(-sigma, float32.sqrt(variance))).add(sample.div(variance));
    }
  }
}

/** What the model of an ODE solver predicts: a {@link PredictionType}, or the flow from signal to noise. */
export type SolverPredictionType = PredictionType | "flow_prediction";

/** Every {@link SolverPredictionType}. */
export const solverPredictionTypes: readonly SolverPredictionType[] = [
  "epsilon",
  "sample",
  "v_prediction",
  "flow_prediction",
];

/** The config fields used by {@link limitSample}; schedulers may have only some of them. */
export type LimitConfig = Partial<ClippingConfig> & Partial<ThresholdingConfig>;

/** Thresholds or clamps a prediction of the clean sample, as the config says. */
export function limitSample(sample: Tensor<"float32">, config: LimitConfig): Tensor<"float32"> {
  // The schema rejects null limits where they are needed.
  if (config.thresholding === true) {
    const { dynamicThresholdingRatio, sampleMaxValue } = config;
    return thresholdSample(sample, {
      dynamicThresholdingRatio: dynamicThresholdingRatio ?? 1,
      sampleMaxValue: sampleMaxValue ?? 1,
    });
  }
  const range = config.clipSampleRange ?? 1;
  return config.clipSample === true ? sample.clamp(-range, range) : sample;
}

/**
 * Checks that the limits required by a config are numbers.
 *
 * @param subject - The scheduler or the file, for the error message.
 * @throws InvalidConfigError if one is null.
 */
export function requireLimits(subject: string, config: LimitConfig): void {
  const { thresholding, clipSample } = config;
  const condition = thresholding === true ? "thresholding" : "clipSample";
  const names: readonly (keyof LimitConfig)[] =
    thresholding === true
      ? ["dynamicThresholdingRatio", "sampleMaxValue"]
      : clipSample === true
        ? ["clipSampleRange"]
        : [];
  const missing = names.find((name) => config[name] === null);
  if (missing === undefined) return;
  throw new InvalidConfigError({
    subject: `${subject}: ${toSnakeCase(missing)}`,
    found: `null with ${toSnakeCase(condition)} true`,
    expected: "a number",
    remedy: `Set it, or ${toSnakeCase(condition)} to false.`,
  });
}

/**
 * Clamps each item of the batch to a quantile of its own absolute values, limited to 1 to `sampleMaxValue`, and divides
 * it by that threshold: the dynamic thresholding of Saharia et al. 2022 (arXiv:2205.11487), section 2.3.
 */
export function thresholdSample(
  sample: Tensor<"float32">,
  config: Readonly<Record<"dynamicThresholdingRatio" | "sampleMaxValue", number>>,
): Tensor<"float32"> {
  const { dynamicThresholdingRatio, sampleMaxValue } = config;
  const [batchSize = 0] = sample.shape;
  if (sample.size === 0) return sample.clone();
  const items = Array.from({ length: batchSize }, (_, item) => {
    const values = sample.slice(item, item + 1);
    const quantile = float32Quantile(values.data.map(Math.abs), dynamicThresholdingRatio);
    if (Number.isNaN(quantile)) return values.mul(Number.NaN);
    const threshold = Math.min(Math.max(quantile, 1), Math.fround(sampleMaxValue));
    return values.clamp(-threshold, threshold).div(threshold);
  });
  return Tensor.concat(items);
}

/** `torch.quantile` in float32 with linear interpolation; NaN if any value is NaN. Sorts `values` in place. */
function float32Quantile(values: Float32Array, ratio: number): number {
  values.sort();
  const last = values.length - 1;
  const top = values[last] ?? Number.NaN;
  if (Number.isNaN(top)) return top;
  const rank = float32.mul(Math.fround(ratio), last);
  const below = values[Math.floor(rank)] ?? top;
  const above = values[Math.ceil(rank)] ?? top;
  const weight = float32.sub(rank, Math.floor(rank));
  // `torch.lerp` starts from the nearer end and rounds once.
  const [start, part] = weight < 0.5 ? [below, weight] : [above, float32.sub(weight, 1)];
  return Math.fround(start + part * float32.sub(above, below));
}

/** The two halves of a model output that contains a prediction and a variance. */
export interface SplitOutput {
  readonly modelOutput: Tensor<"float32">;
  readonly predictedVariance: Tensor<"float32">;
}

/**
 * Splits the output of a model with learned variance, [batch, 2 · channels, …], into prediction and variance.
 *
 * @param subject - The method, for the error message.
 * @param sample - [batch, channels, …]
 * @throws InvalidArgumentError if the output does not have twice as many channels as the sample.
 */
export function splitVariance(
  subject: string,
  modelOutput: Tensor<"float32">,
  sample: Tensor<"float32">,
): SplitOutput {
  const [batchSize = 0, channels = 0, ...rest] = sample.shape;
  const expected = [batchSize, 2 * channels, ...rest];
  const isDouble = `${modelOutput.shape}` === `${expected}` && sample.shape.length >= 2;
  if (!isDouble) {
    throw new InvalidArgumentError({
      subject: `${subject}: modelOutput`,
      found: `${modelOutput.describe()} for a sample of ${sample.describe()}`,
      expected: "twice the channels of the sample, the second half being the variance that the model learned",
      remedy: "Use a model that predicts its variance, or a `varianceType` of fixed_small or fixed_large.",
    });
  }
  const halves = [0, 1].map((half) =>
    Tensor.concat(
      Array.from({ length: batchSize }, (_, item) => {
        const channelsOfItem = modelOutput.slice(item, item + 1).reshape([2 * channels, ...rest]);
        const part = channelsOfItem.slice(half * channels, (half + 1) * channels);
        return part.reshape([1, channels, ...rest]);
      }),
    ),
  );
  return { modelOutput: halves[0] as Tensor<"float32">, predictedVariance: halves[1] as Tensor<"float32"> };
}
