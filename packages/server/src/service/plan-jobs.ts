import { nearestName } from "@onestep/core/internal/nearest-name";
import { ApiError, invalidValue } from "../http/api-error.ts";
import {
  type AdapterChoice,
  type ImageJob,
  type ImageSettings,
  type ImageTask,
  type JobPriority,
  jobFormat,
} from "../job.ts";
import type { ServiceLimits } from "../limits.ts";
import { groupOf } from "../worker/group.ts";
import type { ImageBody } from "./image-body.ts";
import type { ModelCard } from "./model-card.ts";
import { readSize, type Size } from "./read-size.ts";

/** An image that the client sent, in the storage. */
export interface InputImage extends Size {
  readonly key: string;
}

/** A request to plan. */
export interface PlanRequest {
  readonly body: ImageBody;
  readonly task: ImageTask;
  readonly card: ModelCard;
  readonly limits: ServiceLimits;
  /** The beginning of the jobs' ids. */
  readonly jobId: string;
  readonly owner: string;
  readonly priority: JobPriority;
  readonly durable: boolean;
  /** One for all, or one for each of the images to make. */
  readonly images?: readonly InputImage[] | undefined;
  readonly mask?: InputImage | undefined;
}

/**
 * One job for each image of a request. Image k has the seed of the first plus k, so that each can be made alone.
 *
 * @throws ApiError 400 if the model cannot do what is asked.
 */
export function planJobs(request: PlanRequest): readonly ImageJob[] {
  const { body, card, task, limits, jobId } = request;
  if (!card.tasks.includes(task)) {
    throw invalidValue("model", `${card.name} does not do this (${task}); it does ${card.tasks.join(", ")}.`);
  }
  if (body.n < 1 || body.n > limits.images) {
    throw invalidValue("n", `\`n\`: expected a number from 1 to ${limits.images}; found ${body.n}.`);
  }
  checkSteps(body, card, limits);
  const shared = sharedSettings(request);
  const labels = readLabels(body, card);
  const seeds = readSeeds(body, jobId);
  return Array.from({ length: body.n }, (_, index) => {
    const settings: ImageSettings = withoutUndefined({
      ...shared,
      seed: seeds[index] as number,
      classLabel: labels?.[index % labels.length],
      image: request.images?.[index % request.images.length]?.key,
    });
    const { model, owner, priority, durable } = { ...request, model: card.name };
    const id = `${jobId}-${index}`;
    return {
      ...{ id, format: jobFormat, model, task, owner, priority, durable, settings },
      cost: estimateCost(settings, card),
      group: groupOf({ model, task, settings }),
      output: {
        format: body.output_format,
        quality: body.output_compression,
        key: `${durable ? "results" : "images"}/${id}`,
        previews: body.stream ? body.partial_images : 0,
      },
    };
  });
}

function sharedSettings({
  body,
  task,
  card,
  limits,
  images,
  mask,
}: PlanRequest): Omit<ImageSettings, "seed"> {
  refuseForeign(body, task, card);
  const { prompt, negative_prompt: negativePrompt } = body;
  for (const [param, text] of [
    ["prompt", prompt],
    ["negative_prompt", negativePrompt],
  ] as const) {
    if (text !== undefined) checkText(param, text, limits);
  }
  if (card.takesPrompt && prompt === undefined && task !== "variation") {
    throw new ApiError({
      ...{ status: 400, code: "missing_required_parameter", param: "prompt" },
      message: `\`prompt\` is missing: ${card.name} makes images from a text.`,
    });
  }
  const size = readSize(body, card, limits.pixels) ?? sizeOfInput(images?.[0], card, task);
  return {
    ...(card.takesPrompt ? { prompt: prompt ?? "", negativePrompt } : {}),
    ...{ numInferenceSteps: body.num_inference_steps, guidanceScale: body.guidance_scale },
    ...{ guidanceRescale: body.guidance_rescale, clipSkip: body.clip_skip, eta: body.eta },
    ...{ strength: body.strength, adapters: readAdapters(body, card), mask: mask?.key },
    ...(card.size.multiple === undefined
      ? {}
      : (size ?? { width: card.size.width, height: card.size.height })),
  };
}

/** Half of a character, or U+0000, is no text: not every queue can carry it. */
function checkText(param: string, text: string, { promptLength }: ServiceLimits): void {
  if (text.length > promptLength) {
    throw invalidValue(
      param,
      `\`${param}\`: expected at most ${promptLength} characters; found ${text.length}.`,
    );
  }
  if (/\p{Cs}|\0/u.test(text)) {
    throw invalidValue(param, `\`${param}\`: expected text; found U+0000, or half of a surrogate pair.`);
  }
}

/** An edit has the size of its image, in multiples of what the model makes. */
function sizeOfInput(image: InputImage | undefined, { size }: ModelCard, task: ImageTask): Size | undefined {
  const { multiple } = size;
  if (image === undefined || multiple === undefined || task === "inpainting") return undefined;
  const cut = (length: number): number => Math.max(multiple, length - (length % multiple));
  return { width: cut(image.width), height: cut(image.height) };
}

/** Fields that the model does not have. An image that differs from what was asked for would be a silent surprise. */
function refuseForeign(body: ImageBody, task: ImageTask, card: ModelCard): void {
  const foreign: readonly (readonly [keyof ImageBody, boolean, string])[] = [
    ["negative_prompt", card.takesNegativePrompt, "takes no negative prompt"],
    ["guidance_scale", card.defaultGuidanceScale !== undefined, "takes no guidance scale"],
    ["guidance_rescale", card.takesNegativePrompt, "takes no guidance rescale"],
    ["eta", card.takesNegativePrompt, "takes no eta"],
    ["clip_skip", card.takesPrompt, "has no text encoder"],
    ["class_labels", card.classCount !== undefined, "has no classes"],
    ["lora", card.takesPrompt, "takes no adapters"],
    ["strength", task !== "generation" && card.defaultStrength !== undefined, "takes no strength here"],
  ];
  for (const [field, isKnown, reason] of foreign) {
    if (body[field] === undefined || isKnown) continue;
    throw invalidValue(field, `\`${field}\`: ${card.name} ${reason}. Leave it out.`);
  }
}

function checkSteps({ num_inference_steps: steps }: ImageBody, card: ModelCard, limits: ServiceLimits): void {
  const most = Math.max(limits.steps, card.defaultSteps);
  if (steps === undefined || steps <= most) return;
  throw invalidValue(
    "num_inference_steps",
    `\`num_inference_steps\`: expected at most ${most}; found ${steps}.`,
  );
}

function readAdapters({ lora }: ImageBody, card: ModelCard): readonly AdapterChoice[] | undefined {
  if (lora === undefined || lora.length === 0) return undefined;
  for (const { name } of lora) {
    if (card.adapters.includes(name)) continue;
    const served = card.adapters.length === 0 ? "none" : card.adapters.join(", ");
    throw invalidValue(
      "lora",
      `\`lora\`: there is no adapter ${JSON.stringify(name)} for ${card.name}; those served: ${served}.`,
    );
  }
  if (new Set(lora.map(({ name }) => name)).size < lora.length) {
    throw invalidValue("lora", "`lora`: an adapter is named twice. Name each once.");
  }
  return lora;
}

/** The classes of the images: one for all, or one for each. The prompt may name the class. */
function readLabels(body: ImageBody, card: ModelCard): readonly number[] | undefined {
  const { class_labels: given, prompt, n } = body;
  if (card.classCount === undefined) return undefined;
  if (given === undefined)
    return prompt === undefined || prompt === "" ? undefined : [findLabel(prompt, "prompt", card)];
  const labels = Array.isArray(given) ? given : [given];
  if (labels.length !== 1 && labels.length !== n) {
    throw invalidValue(
      "class_labels",
      `\`class_labels\`: expected one, or ${n}, one for each image; found ${labels.length}.`,
    );
  }
  return labels.map((label) => findLabel(label, "class_labels", card));
}

function findLabel(label: number | string, param: string, card: ModelCard): number {
  const { classCount = 0, labels, name } = card;
  const number =
    typeof label === "number"
      ? label
      : (labels[label.trim()] ?? labels[label.trim().toLowerCase()] ?? wholeNumberOf(label));
  if (number !== undefined && number < classCount) return number;
  const names = Object.keys(labels);
  const nearest = nearestName(String(label), names);
  const hint = nearest === undefined ? "" : ` Did you mean ${JSON.stringify(nearest)}?`;
  const known = names.length === 0 ? `numbers from 0 to ${classCount - 1}` : names.slice(0, 10).join(", ");
  const more = names.length > 10 ? ", …" : "";
  const found = String(label).slice(0, 60);
  throw invalidValue(
    param,
    `\`${param}\`: ${name} has no class ${JSON.stringify(found)}.${hint} Its classes: ${known}${more}.`,
  );
}

function wholeNumberOf(text: string): number | undefined {
  return /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : undefined;
}

function readSeeds({ seed = -1, seeds, n }: ImageBody, jobId: string): readonly number[] {
  if (seeds !== undefined) {
    if (seeds.length === n && seed === -1) return seeds;
    throw invalidValue(
      "seeds",
      `\`seeds\`: expected ${n}, one for each image, and no \`seed\` beside them; found ${seeds.length}.`,
    );
  }
  const first = seed === -1 ? drawSeed(jobId) : seed;
  if (first > Number.MAX_SAFE_INTEGER - (n - 1)) {
    throw invalidValue("seed", "`seed`: the last image's, `seed` + n − 1, would exceed 2^53 − 1.");
  }
  return Array.from({ length: n }, (_, index) => first + index);
}

/** A seed of 32 bits from the id (FNV-1a), so that a repeated request with the same id has the same seed. */
function drawSeed(jobId: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(jobId)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Time grows with steps and pixels; guidance and decoding are in the measured time. */
function estimateCost({ width, height, numInferenceSteps }: ImageSettings, card: ModelCard): number {
  const { size, defaultSteps, secondsPerImage } = card;
  const pixels = (width ?? size.width) * (height ?? size.height);
  const steps = numInferenceSteps ?? defaultSteps;
  return (secondsPerImage * (steps / defaultSteps) * pixels) / (size.width * size.height);
}

function withoutUndefined<Values extends object>(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Values;
}
