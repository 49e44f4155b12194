import { type Generator, InvalidArgumentError, Tensor } from "@onestep/core";
import { describeValue, nextTask, untilAborted, warn } from "@onestep/core/internal";
import type { Scheduler } from "@onestep/schedulers";
import { requireFinite } from "../sampling/denoise.ts";
import { preparingNoise } from "../sampling/noise-ahead.ts";
import type { LatentStepEndEvent, StepChanges, TextToImageOptions } from "./options.ts";

/** The options that select the steps. */
export interface TimestepOptions {
  readonly numInferenceSteps?: number | undefined;
  readonly timesteps?: readonly number[] | undefined;
  readonly sigmas?: readonly number[] | undefined;
  readonly originalInferenceSteps?: number | undefined;
}

/**
 * Begins a run of a scheduler; diffusers' `retrieve_timesteps`.
 *
 * @param more - Scheduler-specific options, such as `strength` for those of distilled models.
 * @returns The number of steps the caller asked for; a scheduler may evaluate the model more often.
 * @throws InvalidArgumentError if several of the options are given, or the scheduler does not support one.
 */
export function setTimesteps(
  scheduler: Scheduler,
  { numInferenceSteps, timesteps, sigmas, originalInferenceSteps }: TimestepOptions,
  defaultInferenceSteps: number,
  more: object = {},
): number {
  if (timesteps !== undefined && sigmas !== undefined) {
    throw new InvalidArgumentError({
      subject: "timesteps and sigmas",
      found: "both",
      expected: "one of the two",
      remedy: "Leave one of them out.",
    });
  }
  if (numInferenceSteps !== undefined && (timesteps ?? sigmas) !== undefined) {
    const used = timesteps === undefined ? "sigmas" : "timesteps";
    warn(`Both \`numInferenceSteps\` and \`${used}\` are given: \`${used}\` decide.`, "options");
  }
  const own = originalInferenceSteps === undefined ? more : { ...more, originalInferenceSteps };
  const steps = numInferenceSteps ?? defaultInferenceSteps;
  if (timesteps !== undefined) scheduler.setTimesteps({ timesteps, ...own });
  else if (sigmas !== undefined) setSigmas(scheduler, sigmas, own);
  else scheduler.setTimesteps({ numInferenceSteps: steps, ...own });
  return timesteps === undefined && sigmas === undefined ? steps : scheduler.timesteps.length;
}

function setSigmas(scheduler: Scheduler, sigmas: readonly number[], own: object): void {
  try {
    scheduler.setTimesteps({ sigmas, ...own } as object);
  } catch (cause) {
    const subject = InvalidArgumentError.isInstance(cause) ? (cause.problem?.subject ?? "") : "sigmas";
    if (subject.includes("sigmas")) throw cause;
    throw new InvalidArgumentError(
      {
        subject: "sigmas",
        found: describeValue([...sigmas]),
        expected: "no sigmas: the scheduler does not take them",
        remedy: "Use EulerDiscreteScheduler, or pass `timesteps`.",
      },
      { cause },
    );
  }
}

/**
 * The remaining timesteps of an image-to-image run with `strength`, like diffusers' `get_timesteps`; the scheduler
 * begins with the first of them.
 *
 * @param needsWholeStep - Whether a strength below one step is refused also where a scheduler has more timesteps than
 * steps (PNDM), as diffusers' inpainting does.
 * @throws InvalidArgumentError if none remain.
 */
export function timestepsOf(
  scheduler: Scheduler,
  steps: number,
  strength: number,
  needsWholeStep = false,
): Float64Array {
  const used = Math.min(Math.trunc(steps * strength), steps);
  const start = Math.max(steps - used, 0) * scheduler.order;
  const timesteps = scheduler.timesteps.slice(start);
  if (timesteps.length === 0 || (needsWholeStep && used < 1)) {
    throw new InvalidArgumentError({
      subject: "strength",
      found: `${strength} of ${steps} steps`,
      expected: "at least one step that is left",
      remedy: `Pass a strength of at least ${Math.ceil(100 / steps) / 100}, or more steps.`,
    });
  }
  scheduler.setBeginIndex(start);
  return timesteps;
}

/** The input of {@link runLatentSteps}. */
export interface LatentRun {
  readonly scheduler: Scheduler;
  readonly timesteps: Float64Array;
  readonly generator: Generator | readonly Generator[];
  readonly latents: Tensor<"float32">;
  /** Predicts from latents scaled by the scheduler, including guidance. */
  readonly predict: (latents: Tensor<"float32">, timestep: number) => Promise<Tensor<"float32">>;
  /** Arguments for the scheduler's step besides the generator. */
  readonly stepOptions?: object | undefined;
  /** Changes the latents after a step, as inpainting does with known areas. */
  readonly afterStep?: ((latents: Tensor<"float32">, step: number) => Tensor<"float32">) | undefined;
  /** Whether to decode the scheduler's `denoised` output instead of the last latents. */
  readonly usesDenoised?: boolean | undefined;
}

/**
 * Runs the steps on latents and reports each.
 *
 * @returns The latents to decode.
 * @throws ImageError if a step produces non-finite values.
 */
export async function runLatentSteps(
  run: LatentRun,
  { signal, onProgress, onStepEnd }: Pick<TextToImageOptions, "signal" | "onProgress" | "onStepEnd">,
): Promise<Tensor<"float32">> {
  const { scheduler, timesteps, generator, predict, stepOptions = {}, afterStep, usesDenoised } = run;
  const totalSteps = timesteps.length;
  let { latents } = run;
  let image = latents;
  for (const [step, timestep] of timesteps.entries()) {
    signal?.throwIfAborted();
    const input = scheduler.scaleModelInput(latents, timestep, { generator });
    const prediction = await preparingNoise(predict(input, timestep), generator, latents.shape);
    await nextTask();
    const output = scheduler.step(prediction, timestep, latents, { ...stepOptions, generator });
    const steps = { scheduler: { timesteps, config: scheduler.config }, sample: latents };
    requireFinite({ sample: output.prevSample, prediction }, steps, step);
    latents = afterStep?.(output.prevSample, step) ?? output.prevSample;
    const { denoised, predOriginalSample = denoised } = output as {
      readonly denoised?: Tensor<"float32">;
      readonly predOriginalSample?: Tensor<"float32">;
    };
    image = usesDenoised === true ? (denoised ?? latents) : latents;
    onProgress?.({ type: "step-end", step, totalSteps, timestep });
    const event: LatentStepEndEvent = {
      step,
      totalSteps,
      timestep,
      sample: latents,
      latents,
      predOriginalSample,
    };
    const changes = (await untilAborted(onStepEnd?.(event), signal)) as StepChanges | undefined;
    if (changes?.latents !== undefined) {
      requireSameShape(changes.latents, latents.shape);
      latents = changes.latents;
      image = latents;
    }
    await nextTask();
    if (changes?.interrupt === true) break;
  }
  signal?.throwIfAborted();
  return image;
}

function requireSameShape(latents: Tensor<"float32">, shape: readonly number[]): void {
  if (latents?.dtype === "float32" && latents.shape.join() === shape.join()) return;
  throw new InvalidArgumentError({
    subject: "latents that onStepEnd returns",
    found: latents?.dtype === undefined ? describeValue(latents) : latents.describe(),
    expected: `float32 [${shape.join(", ")}]`,
    remedy: "Return latents of the shape that the event has.",
  });
}

/**
 * Applies classifier-free guidance, `u + scale · (c − u)`: the first half of the batch is u, without the prompt, the
 * second is c (Ho and Salimans, 2022). With a rescale, also applies diffusers' `rescale_noise_cfg`.
 */
export function guide(both: Tensor<"float32">, scale: number, rescale: number): Tensor<"float32"> {
  const [batch = 0, ...shape] = both.shape;
  const half = batch / 2;
  const size = both.size / 2;
  const guided = new Float32Array(size);
  const { data } = both;
  const factor = Math.fround(scale);
  for (let index = 0; index < size; index += 1) {
    const without = data[index] as number;
    const difference = Math.fround((data[size + index] as number) - without);
    guided[index] = without + Math.fround(factor * difference);
  }
  const result = new Tensor("float32", guided, [half, ...shape]);
  return rescale > 0 ? rescaleGuidance(result, both.slice(half, batch), rescale) : result;
}

function rescaleGuidance(
  guided: Tensor<"float32">,
  withPrompt: Tensor<"float32">,
  rescale: number,
): Tensor<"float32"> {
  const [batch = 0] = guided.shape;
  const size = guided.size / batch;
  const data = new Float32Array(guided.size);
  for (let item = 0; item < batch; item += 1) {
    const own = guided.data.subarray(item * size, (item + 1) * size);
    const other = withPrompt.data.subarray(item * size, (item + 1) * size);
    const ratio = Math.fround(standardDeviation(other) / standardDeviation(own));
    own.forEach((value, index) => {
      const rescaled = Math.fround(value * ratio);
      data[item * size + index] = Math.fround(rescale * rescaled) + Math.fround((1 - rescale) * value);
    });
  }
  return new Tensor("float32", data, guided.shape);
}

/** With divisor n − 1, like `torch.std`. */
function standardDeviation(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.fround(Math.sqrt(squares / (values.length - 1)));
}

/** The timestep at the end of a fraction of the run, 0 to 1. */
function cutoffOf(part: number, length: number): number {
  return roundHalfEven(length - part * length);
}

/** Like Python's `round`. */
function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/**
 * Ends a run at a fraction, for a refiner to continue.
 *
 * @throws InvalidArgumentError unless it is above 0 and below 1.
 */
export function endsAt(
  part: number | undefined,
  { length }: Pick<Scheduler, "length">,
): ((timesteps: Float64Array) => Float64Array) | undefined {
  if (part === undefined) return undefined;
  requirePart("denoisingEnd", part);
  const cutoff = cutoffOf(part, length);
  return (timesteps) => timesteps.slice(0, timesteps.filter((timestep) => timestep >= cutoff).length);
}

/**
 * Begins a run at a fraction, and optionally ends it at another.
 *
 * @throws InvalidArgumentError unless both are above 0 and below 1, and the end is after the start.
 */
export function beginsAt(
  start: number | undefined,
  end: number | undefined,
): ((scheduler: Scheduler) => Float64Array) | undefined {
  if (end !== undefined) requirePart("denoisingEnd", end);
  if (start === undefined) return undefined;
  requirePart("denoisingStart", start);
  if (end !== undefined && start >= end) {
    throw new InvalidArgumentError({
      subject: "denoisingStart and denoisingEnd",
      found: `${start} and ${end}`,
      expected: "a start before the end",
      remedy: "Pass the end that comes later.",
    });
  }
  return (scheduler) => {
    const cutoff = cutoffOf(start, scheduler.length);
    const below = scheduler.timesteps.filter((timestep) => timestep < cutoff).length;
    // Second-order schedulers evaluate the model twice per step, except for the first: do not split a step.
    const count = scheduler.order === 2 && below % 2 === 0 ? below + 1 : below;
    const first = scheduler.timesteps.length - count;
    scheduler.setBeginIndex(first);
    const timesteps = scheduler.timesteps.slice(first);
    return end === undefined ? timesteps : (endsAt(end, scheduler)?.(timesteps) ?? timesteps);
  };
}

function requirePart(subject: string, value: unknown): void {
  if (typeof value === "number" && value > 0 && value < 1) return;
  throw new InvalidArgumentError({
    subject,
    found: describeValue(value),
    expected: "a number above 0 and below 1, the part of the run",
    remedy: `Leave \`${subject}\` out for a whole run.`,
  });
}
