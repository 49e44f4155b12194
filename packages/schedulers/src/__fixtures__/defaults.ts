// Defaults that configs of several schedulers have, as diffusers' constructors have them.

export const betaDefaults = {
  numTrainTimesteps: 1000,
  betaStart: 0.0001,
  betaEnd: 0.02,
  betaSchedule: "linear",
  trainedBetas: null,
} as const;

export const thresholdingDefaults = {
  thresholding: false,
  dynamicThresholdingRatio: 0.995,
  sampleMaxValue: 1,
} as const;

export const conversionDefaults = {
  useKarrasSigmas: false,
  useExponentialSigmas: false,
  useBetaSigmas: false,
} as const;

/** Of DPM-Solver, DEIS and UniPC. */
export const solverDefaults = {
  ...betaDefaults,
  ...thresholdingDefaults,
  ...conversionDefaults,
  solverOrder: 2,
  predictionType: "epsilon",
  lowerOrderFinal: true,
  useFlowSigmas: false,
  flowShift: 1,
  useDynamicShifting: false,
  timeShiftType: "exponential",
} as const;

export const edmDefaults = {
  sigmaMin: 0.002,
  sigmaMax: 80,
  sigmaData: 0.5,
  sigmaSchedule: "karras",
  numTrainTimesteps: 1000,
  predictionType: "epsilon",
  rho: 7,
  finalSigmasType: "zero",
  timestepScale: 1,
} as const;

/** Of EDM's stochastic samplers. */
export const churnDefaults = { sChurn: 0, sTmin: 0, sTmax: Number.POSITIVE_INFINITY, sNoise: 1 } as const;

/** Of LCM and TCD. */
export const distilledDefaults = {
  ...betaDefaults,
  ...thresholdingDefaults,
  betaStart: 0.00085,
  betaEnd: 0.012,
  betaSchedule: "scaled_linear",
  originalInferenceSteps: 50,
  clipSample: false,
  clipSampleRange: 1,
  setAlphaToOne: true,
  stepsOffset: 0,
  predictionType: "epsilon",
  timestepSpacing: "leading",
  timestepScaling: 10,
  rescaleBetasZeroSnr: false,
} as const;
