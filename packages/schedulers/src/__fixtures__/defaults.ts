// Defaults that configs of several schedulers have, as diffusers' constructors have them.

export const betaDefaults = {
  numTrainTimesteps: 1000,
  betaStart: 0.0001,
  betaEnd: 0.02,
  betaSchedule: "linear",
  trainedBetas: null,
} as const;

/** The betas of Stable Diffusion, which some schedulers have by default. */
export const stableDiffusionBetas = { ...betaDefaults, betaStart: 0.00085, betaEnd: 0.012 } as const;

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

/** Of DDIM and its inverse. */
export const ddimDefaults = {
  ...betaDefaults,
  clipSample: true,
  clipSampleRange: 1,
  setAlphaToOne: true,
  stepsOffset: 0,
  predictionType: "epsilon",
  timestepSpacing: "leading",
  rescaleBetasZeroSnr: false,
} as const;

/** Of EDM's stochastic samplers. */
export const churnDefaults = { sChurn: 0, sTmin: 0, sTmax: Number.POSITIVE_INFINITY, sNoise: 1 } as const;

/** Of LCM and TCD. */
export const distilledDefaults = {
  ...stableDiffusionBetas,
  ...thresholdingDefaults,
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

/** What diffusers' tests of thresholding set. */
export const testedThresholding = {
  thresholding: true,
  dynamicThresholdingRatio: 0.87,
  sampleMaxValue: 0.5,
} as const;

/** What diffusers' tests of `set_alpha_to_one` set, and of the opposite. */
export const testedAlphas = [
  { setAlphaToOne: true, betaStart: 0.01 },
  { setAlphaToOne: false, betaStart: 0.01 },
] as const;
