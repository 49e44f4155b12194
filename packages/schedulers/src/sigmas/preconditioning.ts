/** Rounds the result of an operation to the type that torch would compute it in: `Math.fround` for float32. */
export type Rounding = (value: number) => number;

/** The rounding of float64: none. */
export const keepFloat64: Rounding = (value) => value;

/** How sample and model output are weighted in a prediction of the clean sample. */
export interface Scalings {
  /** The weight of the sample. */
  readonly cSkip: number;
  /** The weight of the model's output. */
  readonly cOut: number;
}

/** `√(σ² + σ_data²)`: the standard deviation of a sample at noise level `sigma`. */
export function sampleDeviation(sigma: number, sigmaData: number, round: Rounding): number {
  return round(Math.sqrt(round(round(sigma * sigma) + round(sigmaData * sigmaData))));
}

/** `σ_data² / (σ² + σ_data²)`: how much of the sample goes into the prediction. */
export function skipScaling(sigma: number, sigmaData: number, round: Rounding): number {
  const dataVariance = round(sigmaData * sigmaData);
  // torch divides a number by a tensor in two roundings: the reciprocal, then the product.
  const reciprocal = round(1 / round(round(sigma * sigma) + dataVariance));
  return round(reciprocal * dataVariance);
}

/** `numerator · σ_data / √(σ² + σ_data²)`: how much of the model's output goes into the prediction. */
export function outputScaling(numerator: number, sigma: number, sigmaData: number, round: Rounding): number {
  return round(round(numerator * round(sigmaData)) / sampleDeviation(sigma, sigmaData, round));
}
