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

type Field = readonly [name: string, value: string | number | bigint | undefined];

/**
 * The settings of an image in the format of AUTOMATIC1111's PNG text `parameters`, which other programs read.
 * `clipSkip` 1 becomes "Clip skip: 2", since 1 means the last layer there.
 */
export function formatParameters(parameters: ImageParameters): string {
  const { prompt, negativePrompt, loras, scheduler, clipSkip = 0, strength } = parameters;
  const adapters = loras.map(({ source, weight }) => `<lora:${nameOf(source)}:${weight}>`);
  return [
    [prompt, ...adapters].join(" "),
    ...(negativePrompt === undefined || negativePrompt === "" ? [] : [`Negative prompt: ${negativePrompt}`]),
    formatFields([
      ["Steps", parameters.steps],
      ...describeScheduler(scheduler),
      ["CFG scale", parameters.guidanceScale],
      ["Seed", parameters.seed],
      ["Size", `${parameters.width}x${parameters.height}`],
      ["Model", nameOf(parameters.model)],
      ["Denoising strength", strength],
      ["Clip skip", clipSkip === 0 ? undefined : clipSkip + 1],
    ]),
  ].join("\n");
}

/** The settings an image was made with by a model that takes no prompt. */
export interface ClassImageParameters
  extends Pick<ImageParameters, "height" | "model" | "scheduler" | "steps" | "width"> {
  /** The class and its name; `undefined` for a model without classes. */
  readonly classLabel: number | undefined;
  readonly className: string | undefined;
  readonly timesteps: readonly number[] | undefined;
  /** Its own seed, or the one for the whole batch, or those of both ends. */
  readonly seeds: readonly bigint[];
  readonly batchSize: number;
  /** Its place in the batch, from 0. */
  readonly index: number;
  /** `colorize`, if it is an edit. */
  readonly edit: string | undefined;
}

/** The settings of an image that no prompt describes, in the format of {@link formatParameters}. */
export function formatClassParameters(parameters: ClassImageParameters): string {
  const { classLabel, className, timesteps, seeds, batchSize, index, edit } = parameters;
  const isShared = batchSize > 1;
  return [
    ...(classLabel === undefined ? [] : [className ?? `class ${classLabel}`]),
    formatFields([
      ["Steps", parameters.steps],
      ["Timesteps", timesteps?.join(", ")],
      ...describeScheduler(parameters.scheduler),
      ["Seed", seeds.join(" to ")],
      ["Size", `${parameters.width}x${parameters.height}`],
      ["Model", nameOf(parameters.model)],
      ["Class", classLabel],
      ["Edit", edit],
      // With one seed for all, an image depends on its batch.
      ["Batch size", isShared ? batchSize : undefined],
      ["Batch pos", isShared ? index : undefined],
    ]),
  ].join("\n");
}

function describeScheduler({ className, config }: ImageParameters["scheduler"]): readonly Field[] {
  const { algorithmType, useKarrasSigmas, useExponentialSigmas } = config as {
    readonly algorithmType?: unknown;
    readonly useKarrasSigmas?: unknown;
    readonly useExponentialSigmas?: unknown;
  };
  const sampler = Object.hasOwn(samplers, className)
    ? samplers[className]
    : className.replace(/Scheduler$/, "");
  const isStochastic = className.startsWith("DPMSolver") && String(algorithmType).startsWith("sde-");
  const schedule =
    useKarrasSigmas === true ? "Karras" : useExponentialSigmas === true ? "Exponential" : undefined;
  return [
    ["Sampler", `${sampler}${isStochastic ? " SDE" : ""}`],
    ["Schedule type", schedule],
  ];
}

function formatFields(fields: readonly Field[]): string {
  return fields
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${quote(String(value))}`]))
    .join(", ");
}

/** The last part of a path or an id, without a file extension, so that no local folder name ends up in an image. */
function nameOf(source: string): string {
  return basename(source.replaceAll("\\", "/").replace(/[?#].*$/, "")).replace(/\.(safetensors|bin|pt)$/, "");
}

/** As JSON if the value contains a separator. */
function quote(value: string): string {
  return /[,:\n]/.test(value) ? JSON.stringify(value) : value;
}
