import { basename } from "node:path";
import type { LoraRequest } from "../arguments/prompt-options.ts";

/** The settings an image was made with. */
export interface ImageParameters {
  readonly prompt: string;
  readonly negativePrompt: string | undefined;
  readonly loras: readonly LoraRequest[];
  readonly steps: number;
  readonly scheduler: { readonly className: string; readonly config: object };
  readonly guidanceScale: number;
  readonly seed: bigint;
  readonly width: number;
  readonly height: number;
  readonly model: string;
  /** Of an edit. */
  readonly strength: number | undefined;
  /** Counted as in diffusers: 0 for none. */
  readonly clipSkip: number | undefined;
}

/** Names of the schedulers in other programs (AUTOMATIC1111 `modules/sd_samplers_kdiffusion.py`, `sd_samplers_timesteps.py`). */
const samplers: Readonly<Record<string, string>> = {
  DDIMScheduler: "DDIM",
  DDPMScheduler: "DDPM",
  DEISMultistepScheduler: "DEIS",
  DPMSolverMultistepScheduler: "DPM++ 2M",
  DPMSolverSDEScheduler: "DPM++ SDE",
  DPMSolverSinglestepScheduler: "DPM++ 2S",
  EulerAncestralDiscreteScheduler: "Euler a",
  EulerDiscreteScheduler: "Euler",
  HeunDiscreteScheduler: "Heun",
  KDPM2AncestralDiscreteScheduler: "DPM2 a",
  KDPM2DiscreteScheduler: "DPM2",
  LCMScheduler: "LCM",
  LMSDiscreteScheduler: "LMS",
  PNDMScheduler: "PLMS",
  TCDScheduler: "TCD",
  UniPCMultistepScheduler: "UniPC",
};

/**
 * The settings of an image in the format of AUTOMATIC1111's PNG text `parameters`, which other programs read.
 * `clipSkip` 1 becomes "Clip skip: 2", since 1 means the last layer there.
 */
export function formatParameters(parameters: ImageParameters): string {
  const { prompt, negativePrompt, loras, scheduler, clipSkip = 0, strength } = parameters;
  const adapters = loras.map(({ source, weight }) => `<lora:${nameOf(source)}:${weight}>`);
  const { algorithmType, useKarrasSigmas, useExponentialSigmas } = scheduler.config as {
    readonly algorithmType?: unknown;
    readonly useKarrasSigmas?: unknown;
    readonly useExponentialSigmas?: unknown;
  };
  const { className } = scheduler;
  const sampler = Object.hasOwn(samplers, className)
    ? samplers[className]
    : className.replace(/Scheduler$/, "");
  const isStochastic = className.startsWith("DPMSolver") && String(algorithmType).startsWith("sde-");
  const schedule =
    useKarrasSigmas === true ? "Karras" : useExponentialSigmas === true ? "Exponential" : undefined;
  const fields: readonly (readonly [string, string | number | bigint | undefined])[] = [
    ["Steps", parameters.steps],
    ["Sampler", `${sampler}${isStochastic ? " SDE" : ""}`],
    ["Schedule type", schedule],
    ["CFG scale", parameters.guidanceScale],
    ["Seed", parameters.seed],
    ["Size", `${parameters.width}x${parameters.height}`],
    ["Model", nameOf(parameters.model)],
    ["Denoising strength", strength],
    ["Clip skip", clipSkip === 0 ? undefined : clipSkip + 1],
  ];
  return [
    [prompt, ...adapters].join(" "),
    ...(negativePrompt === undefined || negativePrompt === "" ? [] : [`Negative prompt: ${negativePrompt}`]),
    fields
      .flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${quote(String(value))}`]))
      .join(", "),
  ].join("\n");
}

/** The last part of a path or an id, without a file extension, so that no local folder name ends up in an image. */
function nameOf(source: string): string {
  return basename(source.replaceAll("\\", "/").replace(/[?#].*$/, "")).replace(/\.(safetensors|bin|pt)$/, "");
}

/** As JSON if the value contains a separator. */
function quote(value: string): string {
  return /[,:\n]/.test(value) ? JSON.stringify(value) : value;
}
