import { basename } from "node:path";
import type { LoraRequest } from "../arguments/prompt-options.ts";

/** What an image was made with. */
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
  /** As diffusers counts: 0 for none. */
  readonly clipSkip: number | undefined;
}

/** What other programs call the schedulers (AUTOMATIC1111 `modules/sd_samplers_kdiffusion.py`, `sd_samplers_timesteps.py`). */
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
 * The settings of an image in the form that AUTOMATIC1111 writes into the text `parameters` of a PNG, and other programs read.
 * `clipSkip` 1 is "Clip skip: 2" there, where 1 is the last layer.
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

/** The last part of a path or an id, without the ending of a file: no folder of this machine gets into an image. */
function nameOf(source: string): string {
  return basename(source.replaceAll("\\", "/").replace(/[?#].*$/, "")).replace(/\.(safetensors|bin|pt)$/, "");
}

/** As JSON where the value has a separator in it. */
function quote(value: string): string {
  return /[,:\n]/.test(value) ? JSON.stringify(value) : value;
}
