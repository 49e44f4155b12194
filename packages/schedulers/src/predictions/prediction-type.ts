/**
 * What a model predicts: the noise in its input, the clean sample, or the velocity `√ᾱ · noise − √(1 − ᾱ) · sample`
 * (Salimans and Ho 2022, arXiv:2202.00512).
 */
export type PredictionType = "epsilon" | "sample" | "v_prediction";

/** Every {@link PredictionType}. */
export const predictionTypes: readonly PredictionType[] = ["epsilon", "sample", "v_prediction"];
