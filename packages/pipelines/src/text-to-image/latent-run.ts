import { type Generator, InvalidArgumentError, Tensor } from "@onestep/core";
import { describeValue, nextTask, untilAborted, warn } from "@onestep/core/internal";
import type { Scheduler } from "@onestep/schedulers";
import { requireFinite } from "../sampling/denoise.ts";
import { preparingNoise } from "../sampling/noise-ahead.ts";
import type { LatentStepEndEvent, StepChanges, TextToImageOptions } from "./options.ts";

/** The options that say which steps are taken. */
export interface TimestepOptions {
  readonly numInferenceSteps?: number | undefined;
  readonly timesteps?: readonly number[] | undefined;
  readonly sigmas?: readonly number[] | undefined;
  readonly originalInferenceSteps?: number | undefined;
}

/**
 * Begins a run of a scheduler; diffusers' `retrieve_timesteps`.
 *
 * @param more - Options of the scheduler's own: `strength` of distilled ones.
 * @returns How many steps the caller asked for; a scheduler may evaluate the model more often.
 * @throws InvalidArgumentError where several of the options are given, or the scheduler does not take one.
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
    warn(`Both \`numInferenceSteps\` and \`${used}\` are given: \`${used}\` decide.`);
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
 * The timesteps that are left of a run for an image that is changed by `strength`, as diffusers' `get_timesteps`; the scheduler
 * begins with the first of them.
 *
 * @throws InvalidArgumentError where none is left.
 */
export function timestepsOf(scheduler: Scheduler, steps: number, strength: number): Float64Array {
  const used = Math.min(Math.trunc(steps * strength), steps);
  const start = Math.max(steps - used, 0) * scheduler.order;
  const timesteps = scheduler.timesteps.slice(start);
  if (timesteps.length === 0) {
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

/** What {@link runLatentSteps} goes through. */
export interface LatentRun {
  readonly scheduler: Scheduler;
  readonly timesteps: Float64Array;
  readonly generator: Generator | readonly Generator[];
  readonly latents: Tensor<"float32">;
  /** Predicts, guidance included, from latents as the scheduler has scaled them. */
  readonly predict: (latents: Tensor<"float32">, timestep: number) => Promise<Tensor<"float32">>;
  /** What the scheduler's step is given besides the generator. */
  readonly stepOptions?: object | undefined;
  /** Changes the latents after a step: those of the next one, and where they are known. */
  readonly afterStep?: ((latents: Tensor<"float32">, step: number) => Tensor<"float32">) | undefined;
  /** Whether the image is made of what the scheduler calls `denoised`, not of the last latents. */
  readonly usesDenoised?: boolean | undefined;
}

/**
 * Runs the steps from latents to latents, and reports each.
 *
 * @returns What the image is decoded from.
 * @throws ImageError where a step leads to numbers that are not finite.
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
    const { denoised } = output as { readonly denoised?: Tensor<"float32"> };
    image = usesDenoised === true ? (denoised ?? latents) : latents;
    onProgress?.({ type: "step-end", step, totalSteps, timestep });
    const event: LatentStepEndEvent = { step, totalSteps, timestep, sample: latents, latents };
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
 * What a prediction becomes with guidance: `u + scale · (c − u)`, of which the first half of the batch is u, without the prompt,
 * and the second c (Ho and Salimans, 2022); diffusers' `rescale_noise_cfg` where there is a rescale.
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

/** With one less than the number of values in the divisor, as `torch.std`. */
function standardDeviation(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.fround(Math.sqrt(squares / (values.length - 1)));
}

/** The timestep that a part of a run, 0 to 1, ends at. */
function cutoffOf(part: number, length: number): number {
  return roundHalfEven(length - part * length);
}

/** As Python's `round`. */
function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/**
 * What ends a run at a part of it, for a refiner to go on.
 *
 * @throws InvalidArgumentError where it is not above 0 and below 1.
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
 * What begins a run at a part of it, and may end it at another.
 *
 * @throws InvalidArgumentError where one is not above 0 and below 1, or the end is before the start.
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
    // A scheduler of second order evaluates the model twice for all but the first: a step is not cut in two.
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
